package annalshttp

import (
	"context"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
)

type principalKey struct{}

// principal is the caller of a request: the subject and scopes of the token.
type principal struct {
	subject string
	scopes  []string
}

// WithPrincipal returns a context with the caller of a request: the subject and the scopes of a token that was checked.
// Scopes have their full names, such as "shop/command". A request without a principal is allowed everything: call
// WithPrincipal on every request unless the service is open to all.
func WithPrincipal(ctx context.Context, subject string, scopes ...string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal{subject, scopes})
}

// caller returns the caller of the request.
func (e *edge) caller(ctx context.Context) annals.Caller {
	p, authorized := ctx.Value(principalKey{}).(principal)
	if !authorized {
		return annals.Anyone
	}
	return annals.NewCaller(p.subject, slices.Contains(p.scopes, e.service.ScopeOf(annals.ToOperate)))
}

// admit checks the subject and the scope, which the gateway's authorizer has checked before: access must not depend on
// the gateway's configuration alone.
func (e *edge) admit(ctx context.Context, o *annals.Operation) error {
	scope := e.service.ScopeOf(o.Scope)
	p, authorized := ctx.Value(principalKey{}).(principal)
	if !authorized || p.subject != "" && slices.Contains(p.scopes, scope) {
		return nil
	}
	return newProblem(http.StatusForbidden, "forbidden", "the token must have a subject and the scope "+scope)
}

package annalshttp

import (
	"context"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
)

type principalKey struct{}

// principal is who makes a request, and what the token allows.
type principal struct {
	subject string
	scopes  []string
}

// WithPrincipal says who makes a request: the subject and the scopes of a token that was checked, by their whole names,
// such as "shop/command". A request without a principal is anybody's, and is allowed everything.
func WithPrincipal(ctx context.Context, subject string, scopes ...string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal{subject, scopes})
}

// caller is who makes the request.
func (e *edge) caller(ctx context.Context) annals.Caller {
	p, authorized := ctx.Value(principalKey{}).(principal)
	if !authorized {
		return annals.Anyone
	}
	return annals.NewCaller(p.subject, slices.Contains(p.scopes, e.service.ScopeOf(annals.ToOperate)))
}

// admit refuses whom the gateway's authorizer should have refused: nothing rests on the gateway alone.
func (e *edge) admit(ctx context.Context, o *annals.Operation) error {
	scope := e.service.ScopeOf(o.Scope)
	p, authorized := ctx.Value(principalKey{}).(principal)
	if !authorized || p.subject != "" && slices.Contains(p.scopes, scope) {
		return nil
	}
	return newProblem(http.StatusForbidden, "forbidden", "the token must name its subject, and allow "+scope)
}

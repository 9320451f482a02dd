package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/annals-es/annals/internal/httpapi/route"
)

// Development is who everybody is while no authorizer says otherwise.
const Development = "dev"

type principalKey struct{}

// caller is who makes a request, and what the token allows.
type caller struct {
	subject string
	scopes  []route.Scope
}

// WithPrincipal says who makes a request: the subject and the scopes of a token that was checked.
func WithPrincipal(ctx context.Context, subject string, scopes ...route.Scope) context.Context {
	return context.WithValue(ctx, principalKey{}, caller{subject, scopes})
}

// principal is who makes the request.
func principal(ctx context.Context) string {
	if c, ok := ctx.Value(principalKey{}).(caller); ok {
		return c.subject
	}
	return Development
}

// Owns tells whether the caller is who created something. While no authorizer says who callers are, everything is theirs.
func Owns(ctx context.Context, creator string) bool {
	c, authorized := ctx.Value(principalKey{}).(caller)
	return !authorized || c.subject != "" && c.subject == creator
}

// Unbound tells whether the caller acts on what belongs to anybody: an operator, or everybody while there is no authorizer.
func (a *API) Unbound(ctx context.Context) bool {
	c, authorized := ctx.Value(principalKey{}).(caller)
	return !authorized || c.subject != "" && slices.Contains(c.scopes, a.service.Operator)
}

// admit refuses whom the gateway's authorizer should have refused: nothing rests on the gateway alone.
func admit(ctx context.Context, route route.Route) error {
	c, authorized := ctx.Value(principalKey{}).(caller)
	if !authorized || c.subject != "" && slices.Contains(c.scopes, route.Scope) {
		return nil
	}
	return NewProblem(http.StatusForbidden, "forbidden", "the token must name its subject, and allow "+string(route.Scope))
}

package httpapi

import "context"

// Development is who everybody is while no authorizer says otherwise.
const Development = "dev"

type principalKey struct{}

// WithPrincipal says who makes a request: the subject of a token that was checked.
func WithPrincipal(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, principalKey{}, subject)
}

// principal is who makes the request.
func principal(ctx context.Context) string {
	if subject, ok := ctx.Value(principalKey{}).(string); ok {
		return subject
	}
	return Development
}

// owns tells whether the caller is who created something. While no authorizer says who callers are, everything is theirs.
func owns(ctx context.Context, creator string) bool {
	subject, authorized := ctx.Value(principalKey{}).(string)
	return !authorized || subject != "" && subject == creator
}

package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/pkg/es"
)

// changing is the input of a command that changes an aggregate.
type changing[B any] struct {
	Asked
	Conditional
	ID      ID `path:"id"`
	Body    B
	RawBody []byte
}

// Change registers a command that changes the aggregate whose id is in the path.
func Change[B, S, E any](a *API, route route.Route, repo *es.Repository[S, E], decide func(state S, body B) ([]E, error)) {
	ChangeWith(a, route, repo, func(_ context.Context, s S, b B) ([]E, error) { return decide(s, b) })
}

// ChangeWith is [Change] for a decision that looks something up.
func ChangeWith[B, S, E any](
	a *API, route route.Route, repo *es.Repository[S, E], decide func(ctx context.Context, state S, body B) ([]E, error),
) {
	Serve(a, route, http.StatusOK, func(ctx context.Context, in *changing[B]) (*Answer[S], error) {
		r := Request{Route: route, Target: []string{string(in.ID)}, Body: in.RawBody}
		return Execute(ctx, a, repo, in.Asked, in.Conditional, r, func(_ *es.Tx, s S) ([]E, error) {
			return decide(ctx, s, in.Body)
		})
	})
}

// acting is the input of a command that changes an aggregate and needs no body. An empty object is as good as none.
type acting struct {
	Asked
	Conditional
	ID   ID `path:"id"`
	Body *struct{}
}

// Act registers a command that changes the aggregate whose id is in the path, and needs no body.
func Act[S, E any](a *API, route route.Route, repo *es.Repository[S, E], decide func(state S) ([]E, error)) {
	ActWith(a, route, repo, func(_ *es.Tx, s S) ([]E, error) { return decide(s) })
}

// ActWith is [Act] for a decision that brings other aggregates into its transaction.
func ActWith[S, E any](a *API, route route.Route, repo *es.Repository[S, E], decide func(tx *es.Tx, state S) ([]E, error)) {
	Serve(a, route, http.StatusOK, func(ctx context.Context, in *acting) (*Answer[S], error) {
		r := Request{Route: route, Target: []string{string(in.ID)}}
		return Execute(ctx, a, repo, in.Asked, in.Conditional, r, decide)
	})
}

// Execute runs a command on the aggregate whose id is the first of the target.
func Execute[S, E any](
	ctx context.Context, a *API, repo *es.Repository[S, E], asked Asked, when Conditional, r Request, decide func(*es.Tx, S) ([]E, error),
) (*Answer[S], error) {
	cmd, err := asked.Command(ctx, r)
	if err != nil {
		return nil, err
	}
	cmd.ExpectedVersion = when.expected()
	if err := a.Reach(ctx, repo.Stream(r.Target[0])); err != nil {
		return nil, err
	}
	result, err := repo.ExecuteTx(ctx, r.Target[0], cmd, decide)
	if err != nil {
		return nil, err
	}
	return &Answer[S]{moved(result), NewResult(result)}, nil
}

package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/api/routes"
)

// changing is the input of a command that changes an aggregate.
type changing[B any] struct {
	Asked
	Conditional
	ID      ID `path:"id"`
	Body    B
	RawBody []byte
}

// change registers a command that changes the aggregate whose id is in the path.
func change[B, S, E any](a *api, route routes.Route, repo *es.Repository[S, E], decide func(state S, body B) ([]E, error)) {
	changeWith(a, route, repo, func(_ context.Context, s S, b B) ([]E, error) { return decide(s, b) })
}

// changeWith is change for a decision that looks something up.
func changeWith[B, S, E any](
	a *api, route routes.Route, repo *es.Repository[S, E], decide func(ctx context.Context, state S, body B) ([]E, error),
) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *changing[B]) (*answer[S], error) {
		r := request{route: route, target: []string{string(in.ID)}, body: in.RawBody}
		return execute(ctx, a, repo, in.Asked, in.Conditional, r, func(_ *es.Tx, s S) ([]E, error) {
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

// act registers a command that changes the aggregate whose id is in the path, and needs no body.
func act[S, E any](a *api, route routes.Route, repo *es.Repository[S, E], decide func(state S) ([]E, error)) {
	actWith(a, route, repo, func(_ *es.Tx, s S) ([]E, error) { return decide(s) })
}

// actWith is act for a decision that brings other aggregates into its transaction.
func actWith[S, E any](a *api, route routes.Route, repo *es.Repository[S, E], decide func(tx *es.Tx, state S) ([]E, error)) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *acting) (*answer[S], error) {
		r := request{route: route, target: []string{string(in.ID)}}
		return execute(ctx, a, repo, in.Asked, in.Conditional, r, decide)
	})
}

// execute runs a command on the aggregate whose id is the first of the target.
func execute[S, E any](
	ctx context.Context, a *api, repo *es.Repository[S, E], asked Asked, when Conditional, r request, decide func(*es.Tx, S) ([]E, error),
) (*answer[S], error) {
	cmd, err := asked.command(ctx, r)
	if err != nil {
		return nil, err
	}
	cmd.ExpectedVersion = when.expected()
	if err := a.reach(ctx, repo.Stream(r.target[0])); err != nil {
		return nil, err
	}
	result, err := repo.ExecuteTx(ctx, r.target[0], cmd, decide)
	if err != nil {
		return nil, err
	}
	return &answer[S]{moved(result), newResult(result)}, nil
}

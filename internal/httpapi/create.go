package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/api/routes"
)

// creation is the input of a command that creates an aggregate.
type creation[B any] struct {
	Asked
	Unconditional
	Body    B
	RawBody []byte
}

// personal is a body that names whom it is for.
type personal interface {
	permit(ctx context.Context) error
}

// Unconditional is the header that a command does not take: it is about no aggregate that has a version already, or about two.
type Unconditional struct {
	IfMatch string `header:"If-Match" hidden:"true"`
}

func (u Unconditional) check() error {
	if u.IfMatch != "" {
		return invalidField("header."+ifMatchHeader, "is for commands on one aggregate that exists")
	}
	return nil
}

// create registers a command that creates an aggregate under the id asked for, or under a new one if that is "".
func create[B, S, E any](a *api, route routes.Route, repo *es.Repository[S, E], asked func(*B) ID, decide func(id string, body *B) ([]E, error)) {
	createWith(a, route, repo, asked, func(_ context.Context, _ *es.Tx, id string, body *B) ([]E, error) {
		return decide(id, body)
	})
}

// createWith is create for a decision that brings other aggregates into its transaction, or looks something up.
func createWith[B, S, E any](
	a *api, route routes.Route, repo *es.Repository[S, E], asked func(*B) ID,
	decide func(ctx context.Context, tx *es.Tx, id string, body *B) ([]E, error),
) {
	serve(a, route, http.StatusCreated, func(ctx context.Context, in *creation[B]) (*created[S], error) {
		if err := in.check(); err != nil {
			return nil, err
		}
		if own, ok := any(&in.Body).(personal); ok {
			if err := own.permit(ctx); err != nil {
				return nil, err
			}
		}
		cmd, err := in.command(ctx, request{route: route, body: in.RawBody})
		if err != nil {
			return nil, err
		}
		id := newID(asked(&in.Body), cmd)
		r, err := repo.CreateTx(ctx, id, cmd, func(tx *es.Tx) ([]E, error) { return decide(ctx, tx, id, &in.Body) })
		if err != nil {
			return nil, err
		}
		return &created[S]{Location: route.Path + "/" + id, Moved: moved(r), Body: newResult(r)}, nil
	})
}

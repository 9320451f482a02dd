package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/pkg/es"
)

// Creation is the input of a command that creates an aggregate.
type Creation[B any] struct {
	Asked
	Unconditional
	Body    B
	RawBody []byte
}

// Personal is a body that names whom it is for.
type Personal interface {
	// Permit refuses what the caller may not do in another's name.
	Permit(ctx context.Context, a *API) error
}

// Unconditional is the header that a command does not take: it is about no aggregate that has a version already, or about two.
type Unconditional struct {
	IfMatch string `header:"If-Match" hidden:"true"`
}

// Check refuses the header.
func (u Unconditional) Check() error {
	if u.IfMatch != "" {
		return invalidField("header."+ifMatchHeader, "is for commands on one aggregate that exists")
	}
	return nil
}

// Create registers a command that creates an aggregate under the id asked for, or under a new one if that is "".
func Create[B, S, E any](a *API, route route.Route, repo *es.Repository[S, E], asked func(*B) ID, decide func(id string, body *B) ([]E, error)) {
	CreateWith(a, route, repo, asked, func(_ context.Context, _ *es.Tx, id string, body *B) ([]E, error) {
		return decide(id, body)
	})
}

// CreateWith is [Create] for a decision that brings other aggregates into its transaction, or looks something up.
func CreateWith[B, S, E any](
	a *API, route route.Route, repo *es.Repository[S, E], asked func(*B) ID,
	decide func(ctx context.Context, tx *es.Tx, id string, body *B) ([]E, error),
) {
	Serve(a, route, http.StatusCreated, func(ctx context.Context, in *Creation[B]) (*created[S], error) {
		if err := in.Check(); err != nil {
			return nil, err
		}
		if own, ok := any(&in.Body).(Personal); ok {
			if err := own.Permit(ctx, a); err != nil {
				return nil, err
			}
		}
		cmd, err := in.Command(ctx, Request{Route: route, Body: in.RawBody})
		if err != nil {
			return nil, err
		}
		id := newID(asked(&in.Body), cmd)
		r, err := repo.CreateTx(ctx, id, cmd, func(tx *es.Tx) ([]E, error) { return decide(ctx, tx, id, &in.Body) })
		if err != nil {
			return nil, err
		}
		return &created[S]{Location: route.Path + "/" + id, Moved: moved(r), Body: NewResult(r)}, nil
	})
}

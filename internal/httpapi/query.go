package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/pkg/es"
)

// Views are the read models as queries read them.
type Views[S Session] struct {
	*API
	// Session begins to read a read model: in the generation that serves, or, where a list goes on, in that of its cursor. Its
	// lists show the streams that the caller awaits as they are.
	Session func(ctx context.Context, model, cursor string, awaited ...es.StreamID) (S, error)
}

// Source is what answers a query about what the id in its path names.
type Source struct {
	// Model is the read model's name.
	Model string
	// Stream is the stream of an id. nil = the answer is about many streams.
	Stream func(id string) es.StreamID
	// OfCustomer says that the id is a customer's.
	OfCustomer bool
}

func (s Source) customer(id string) string {
	if s.OfCustomer {
		return id
	}
	return ""
}

func (s Source) of(id string) es.StreamID {
	if s.Stream == nil {
		return es.StreamID{}
	}
	return s.Stream(id)
}

// Querying is what every query is told.
type Querying struct {
	Correlated
	Awaiting
}

// querying is the input of a query.
type querying[I any] interface {
	*I
	awaits() (Awaited, error)
}

// ServeQuery registers the query behind a route, which a read model answers.
func ServeQuery[I, O any, P querying[I]](a *API, route route.Route, handle func(context.Context, P, Awaited) (*O, error)) {
	Serve(a, route, http.StatusOK, func(ctx context.Context, in *I) (*O, error) {
		w, err := P(in).awaits()
		if err != nil {
			return nil, err
		}
		return handle(ctx, in, w)
	})
	a.documentLag(route)
}

// one is the input of a query for one thing.
type one struct {
	Querying
	ID ID `path:"id"`
}

// Get registers a query for what the id in the path names.
func Get[S Session, T any](
	v Views[S], route route.Route, from Source, find func(S, context.Context, string) (T, error),
) {
	ServeQuery(v.API, route, func(ctx context.Context, in *one, w Awaited) (*Found[T], error) {
		id := string(in.ID)
		return Ask(ctx, v, w, Question[T]{Model: from.Model, Stream: from.of(id)},
			func(ctx context.Context, s S) (T, error) { return find(s, ctx, id) })
	})
}

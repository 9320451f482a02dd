package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/annals-es/annals/internal/httpapi/routes"
	"github.com/annals-es/annals/pkg/es"
)

// oneAt is the input of a query for one thing, now or at a point in its past.
type oneAt struct {
	Correlated
	ID      ID     `path:"id"`
	Version int64  `query:"version" minimum:"1" doc:"As it was at this version"`
	AsOf    string `query:"asOf" format:"date-time" doc:"As it was recorded at this instant (RFC 3339)"`
}

// pastDocument says how much its body can be relied on.
type pastDocument[T any] struct {
	Consistency string `header:"Consistency" doc:"strong = from the events; provisional = from the events, and so young that it may still change; absent = from the read model"`
	Body        T
}

// getPast registers a query for what the id in the path names: from its read model, or, at a point in the past, from the
// event store.
func getPast[T any](
	a *api, route routes.Route, events es.Reader,
	now func(context.Context, string) (T, error), past func(context.Context, es.Reader, string, es.Point) (T, error),
) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *oneAt) (*pastDocument[T], error) {
		point, err := in.point()
		if err != nil {
			return nil, err
		}
		if point == (es.Point{}) {
			found, err := now(ctx, string(in.ID))
			return &pastDocument[T]{Body: found}, err
		}
		found, err := past(ctx, events, string(in.ID), point)
		out := &pastDocument[T]{Consistency: "strong", Body: found}
		if point.Provisional(a.cfg.Now()) {
			out.Consistency = "provisional"
		}
		return out, err
	})
}

// point is the point asked for, the zero Point for now.
func (in *oneAt) point() (es.Point, error) {
	p := es.Point{Version: in.Version}
	if in.AsOf == "" {
		return p, nil
	}
	if in.Version > 0 {
		return p, invalidField("query.asOf", "give a version or an instant, not both")
	}
	var err error
	if p.AsOf, err = time.Parse(time.RFC3339, in.AsOf); err != nil || p.AsOf.IsZero() {
		return p, invalidField("query.asOf", "must be a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z")
	}
	return p, nil
}

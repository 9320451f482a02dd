package annalshttp

import "github.com/annals-es/annals/pkg/es"

// past has the parameters that ask for a document as it was at a point in its past.
type past struct {
	Version int64   `query:"version" behind:"path" minimum:"1" doc:"Show the state at this version"`
	AsOf    instant `query:"asOf" behind:"path" example:"2026-01-31T12:00:00Z" doc:"Show the state as it was recorded at this instant (RFC 3339, no finer than a microsecond)"`
}

// point returns the requested point, the zero Point for the current state.
func (in past) point() (es.Point, error) {
	p := es.Point{Version: in.Version}
	if in.AsOf == "" {
		return p, nil
	}
	if in.Version > 0 {
		return p, invalidField("query.asOf", "give a version or an instant, not both")
	}
	var err error
	p.AsOf, err = in.AsOf.time("query.asOf")
	return p, err
}

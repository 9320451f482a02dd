package inspect

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Projection is a projection or a reaction with its generations.
type Projection struct {
	Name        string       `json:"projection"`
	Generations []Generation `json:"generations"`
	// Unregistered is true if no process has started it. Its generation is then the one that it will start with.
	Unregistered bool `json:"unregistered,omitempty"`
}

// Generation is one build of a projection's rows.
type Generation struct {
	Generation projection.Generation `json:"generation"`
	Fold       int                   `json:"fold"`
	Status     projection.Status     `json:"status"`
	// Since is when it got its status.
	Since time.Time `json:"since"`
	// Parked is how many streams are parked in it.
	Parked int `json:"parked"`
	// Failure is why its rebuild failed. The rebuild can be continued.
	Failure string `json:"failure,omitempty"`
	// Rebuild is the progress of its rebuild, nil if none is running.
	Rebuild *Rebuild `json:"rebuild,omitempty"`
}

// Rebuild is the progress of a rebuild.
type Rebuild struct {
	// Doing is "filled" or "compared". Done of the Segments are that.
	Doing    string `json:"doing"`
	Segments int    `json:"segments"`
	Done     int    `json:"done"`
}

// Projections lists all projections and reactions. It counts their parked streams.
//
// Errors: those of the catalog and the views.
func (i *Inspector) Projections(ctx context.Context) ([]Projection, error) {
	all := []Projection{}
	for _, e := range i.cfg.Engines {
		parked, err := countParked(ctx, e)
		if err != nil {
			return nil, err
		}
		records, err := e.Records(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			p := Projection{
				Name: r.Projection, Generations: make([]Generation, len(r.Builds)), Unregistered: r.Revision == 0,
			}
			for k, b := range r.Builds {
				if p.Generations[k], err = newGeneration(ctx, e, r.Projection, b); err != nil {
					return nil, err
				}
				p.Generations[k].Parked = parked[build{r.Projection, b.Generation}]
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// build names a generation of a projection.
type build struct {
	projection string
	generation projection.Generation
}

// countParked counts the parked streams.
func countParked(ctx context.Context, e *projection.Engine) (map[build]int, error) {
	parked := map[build]int{}
	for w, err := range e.Parked(ctx) {
		if err != nil {
			return nil, err
		}
		parked[build{w.Projection, w.Generation}]++
	}
	return parked, nil
}

func newGeneration(ctx context.Context, e *projection.Engine, name string, b projection.Build) (Generation, error) {
	g := Generation{Generation: b.Generation, Fold: b.Fold, Status: b.Status, Since: b.Since, Failure: b.Failure}
	is, err := e.Progress(ctx, name, b)
	if is.Doing != "" {
		g.Rebuild = &Rebuild{Doing: is.Doing, Segments: is.Of, Done: is.Done}
	}
	return g, err
}

package inspect

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Projection is one projection, or reaction, and its generations.
type Projection struct {
	Name        string       `json:"projection"`
	Generations []Generation `json:"generations"`
}

// Generation is one build of a projection's rows.
type Generation struct {
	Generation projection.Generation `json:"generation"`
	Fold       int                   `json:"fold"`
	Status     projection.Status     `json:"status"`
	// Since is when it got its status.
	Since time.Time `json:"since"`
	// Parked is how many streams wait in it.
	Parked int `json:"parked"`
	// Failure is why its rebuild was given up for now.
	Failure string `json:"failure,omitempty"`
	// Rebuild is how far it is with what is done to it, nil if nothing is.
	Rebuild *Rebuild `json:"rebuild,omitempty"`
}

// Rebuild is how far a generation is.
type Rebuild struct {
	// Doing is "filled" or "compared": what Done of its Segments are.
	Doing    string `json:"doing"`
	Segments int    `json:"segments"`
	Done     int    `json:"done"`
}

// Projections lists all projections and reactions. It counts the streams that wait.
//
// Errors: those of the catalog and the views.
func (i *Inspector) Projections(ctx context.Context) ([]Projection, error) {
	all := []Projection{}
	for _, e := range i.cfg.Engines {
		parked := map[string]map[projection.Generation]int{}
		for w, err := range e.Parked(ctx, "") {
			if err != nil {
				return nil, err
			}
			if parked[w.Projection] == nil {
				parked[w.Projection] = map[projection.Generation]int{}
			}
			parked[w.Projection][w.Generation]++
		}
		records, err := e.Records(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			p := Projection{Name: r.Projection, Generations: []Generation{}}
			for _, b := range r.Builds {
				g := Generation{
					Generation: b.Generation, Fold: b.Fold, Status: b.Status, Since: b.Since,
					Parked: parked[r.Projection][b.Generation], Failure: b.Failure,
				}
				is, err := e.Standing(ctx, r.Projection, b)
				if err != nil {
					return nil, err
				}
				if is.Doing != "" {
					g.Rebuild = &Rebuild{Doing: is.Doing, Segments: is.Of, Done: is.Done}
				}
				p.Generations = append(p.Generations, g)
			}
			all = append(all, p)
		}
	}
	return all, nil
}

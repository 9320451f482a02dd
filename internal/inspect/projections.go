package inspect

import (
	"context"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Projection is a projection or a reaction with its generations.
type Projection struct {
	Name        string       `json:"projection"`
	Generations []Generation `json:"generations"`
	// Store is the store of its rows. It is "" for DynamoDB.
	Store string `json:"store,omitempty"`
	// Outage is the outage of its store that the projector found, nil if there is none.
	Outage *projection.Outage `json:"outage,omitempty"`
	// Unread is why its store can't be read: its parked streams were not counted. It is "" if they were.
	Unread string `json:"unread,omitempty"`
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
// Errors: those of the catalog, and of the views on DynamoDB.
func (i *Inspector) Projections(ctx context.Context) ([]Projection, error) {
	all := []Projection{}
	for _, e := range i.cfg.Engines {
		records, err := e.Records(ctx)
		if err != nil {
			return nil, err
		}
		counts, err := i.countParked(ctx, e, records)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			p := Projection{
				Name: r.Projection, Generations: make([]Generation, len(r.Builds)), Unregistered: r.Revision == 0,
				Outage: r.Outage, Unread: counts.unread[r.Projection],
			}
			if a := i.apart(r.Projection); a != nil {
				p.Store = a.Store
			}
			for k, b := range r.Builds {
				if p.Generations[k], err = newGeneration(ctx, e, r.Projection, b); err != nil {
					return nil, err
				}
				p.Generations[k].Parked = counts.parked[build{r.Projection, b.Generation}]
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// apart returns a read model in another store, nil if it is none.
func (i *Inspector) apart(name string) *Apart {
	at := slices.IndexFunc(i.cfg.Apart, func(a Apart) bool { return a.Name == name })
	if at < 0 {
		return nil
	}
	return &i.cfg.Apart[at]
}

// build names a generation of a projection.
type build struct {
	projection string
	generation projection.Generation
}

// counts are numbers of parked streams, and why those of a projection are not known.
type counts struct {
	parked map[build]int
	unread map[string]string
}

// countParked counts the parked streams of an engine's projections: first of those on DynamoDB, then of each in another
// store.
func (i *Inspector) countParked(
	ctx context.Context, e *projection.Engine, records []projection.Record,
) (counts, error) {
	out := counts{map[build]int{}, map[string]string{}}
	var near, apart []string
	for _, r := range records {
		if i.apart(r.Projection) != nil {
			apart = append(apart, r.Projection)
		} else {
			near = append(near, r.Projection)
		}
	}
	count := func(names ...string) error {
		for w, err := range e.Parked(ctx, names...) {
			if err != nil {
				return err
			}
			out.parked[build{w.Projection, w.Generation}]++
		}
		return nil
	}
	if len(near) > 0 { // no name stands for all
		if err := count(near...); err != nil {
			return out, err
		}
	}
	for _, name := range apart {
		if err := count(name); err != nil {
			out.unread[name] = err.Error()
		}
	}
	return out, ctx.Err()
}

func newGeneration(ctx context.Context, e *projection.Engine, name string, b projection.Build) (Generation, error) {
	g := Generation{Generation: b.Generation, Fold: b.Fold, Status: b.Status, Since: b.Since, Failure: b.Failure}
	is, err := e.Progress(ctx, name, b)
	if is.Doing != "" {
		g.Rebuild = &Rebuild{Doing: is.Doing, Segments: is.Of, Done: is.Done}
	}
	return g, err
}

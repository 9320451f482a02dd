package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/annals-es/annals/internal/inspect"
)

// rebuilding is a rebuild that was started in this console.
type rebuilding struct {
	Since time.Time `json:"since"`
	// Events is how many events were read so far.
	Events int64 `json:"events"`
	// Ended is when it ended. Error is why it failed, "" if it succeeded. A failed rebuild can be continued.
	Ended *time.Time `json:"ended,omitempty"`
	Error string     `json:"error,omitempty"`
}

// rebuilds are the rebuilds that were started in this console: the last one of each projection.
type rebuilds struct {
	context context.Context //nolint:containedctx // of the process: rebuilds outlive requests
	by      Rebuilder
	mu      sync.Mutex
	all     map[string]*rebuilding
}

func newRebuilds(ctx context.Context, by Rebuilder) *rebuilds {
	return &rebuilds{context: ctx, by: by, all: map[string]*rebuilding{}}
}

// start starts a rebuild. It returns false if one of the projection is running.
func (b *rebuilds) start(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one := b.all[name]; one != nil && one.Ended == nil {
		return false
	}
	one := &rebuilding{Since: time.Now().UTC()}
	b.all[name] = one
	go func() {
		err := b.by.Rebuild(b.context, name, func(events int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			one.Events += int64(events)
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		now := time.Now().UTC()
		one.Ended = &now
		if err != nil {
			one.Error = err.Error()
		}
	}()
	return true
}

// of returns the last rebuild of a projection, nil if none was started in this console.
func (b *rebuilds) of(name string) *rebuilding {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one := b.all[name]; one != nil {
		out := *one
		return &out
	}
	return nil
}

// projections answers with all projections and reactions.
func (c *Console) projections(w http.ResponseWriter, r *http.Request) {
	all, err := c.source.Projections(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	type shown struct {
		inspect.Projection
		// Rebuilds is true if it can be rebuilt.
		Rebuilds bool        `json:"rebuilds"`
		Rebuild  *rebuilding `json:"rebuild,omitempty"`
	}
	out := make([]shown, len(all))
	for i, p := range all {
		out[i] = shown{p, c.rebuilds.by.Rebuilds(p.Name), c.rebuilds.of(p.Name)}
	}
	answer(w, http.StatusOK, out)
}

// rebuild starts the rebuild of a projection. It continues if the page is closed.
func (c *Console) rebuild(w http.ResponseWriter, r *http.Request, o order) {
	all, err := c.source.Projections(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	for _, p := range all {
		if p.Name != o.Projection {
			continue
		}
		if !c.rebuilds.by.Rebuilds(p.Name) {
			problem(w, http.StatusBadRequest, p.Name+" is a reaction: a reaction can't be rebuilt")
			return
		}
		if !c.rebuilds.start(o.Projection) {
			problem(w, http.StatusConflict, "a rebuild of "+o.Projection+" is already running")
			return
		}
		c.cfg.Log.InfoContext(r.Context(), "the console starts a rebuild", "projection", o.Projection)
		answer(w, http.StatusAccepted, c.rebuilds.of(o.Projection))
		return
	}
	problem(w, http.StatusNotFound, "there is no projection "+o.Projection)
}

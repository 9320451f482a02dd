package projection_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// observed collects an engine's observations.
type observed struct {
	mu  sync.Mutex
	all []projection.Observation
}

func (o *observed) observe(x projection.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, x)
}

// want fails the test unless exactly these observations were made since the last call.
func (o *observed) want(t *testing.T, what string, want ...projection.Observation) {
	t.Helper()
	slices.SortFunc(o.all, func(a, b projection.Observation) int { return int(a.Versions - b.Versions) })
	if diff := cmp.Diff(want, o.all); diff != "" {
		t.Errorf("observations of %s (-want +observed):\n%s", what, diff)
	}
	o.all = nil
}

// TestObservations: an engine observes how far each stream advanced, how late, and which streams are parked.
// Duplicates, and generations that do not serve, cause no observation.
func TestObservations(t *testing.T) {
	t.Parallel()
	b, seen := newBench(), &observed{}
	cfg := projection.Config{Observe: seen.observe}
	e := b.engineOf(cfg, logOf(1, false))
	late := func(c es.Commit, by time.Duration) { b.now = c.At.Add(by) }

	single := b.write(t, "a", Noted{"x"}, Noted{"y"})
	late(single, 3*time.Second)
	apply(t, e, single)
	seen.want(t, "a commit", projection.Observation{Projection: "log", Versions: 2, Lag: 3 * time.Second})
	apply(t, e, single)
	seen.want(t, "again")

	b.write(t, "a", Noted{"z"})
	last := b.write(t, "a", Noted{"w"})
	late(last, time.Second)
	apply(t, e, last) // the one before it was dropped
	seen.want(t, "over a gap", projection.Observation{Projection: "log", Versions: 2, Lag: time.Second})

	bad := b.write(t, "p", Noted{"x"}, Poisoned{})
	late(bad, time.Second)
	apply(t, e, bad)
	seen.want(t, "parked", projection.Observation{Projection: "log", Parked: true},
		projection.Observation{Projection: "log", Versions: 1, Lag: time.Second})
	apply(t, e, b.write(t, "p", Noted{"x"}))
	seen.want(t, "still parked", projection.Observation{Projection: "log", Parked: true})

	future := b.write(t, "b", Noted{strings.Repeat("x", 3)})
	late(future, -time.Hour) // the clocks disagree
	apply(t, e, future)
	seen.want(t, "a commit of the future", projection.Observation{Projection: "log", Versions: 1})
}

// TestObservedOutage: each time when the store of a projection is asked in vain, the engine observes for how long it
// has been away. Other projections, and a store that answers again, cause no such observation.
func TestObservedOutage(t *testing.T) {
	t.Parallel()
	a, seen := newApart(), &observed{}
	cfg := a.queued()
	cfg.Observe = func(o projection.Observation) {
		if o.Away {
			seen.observe(o)
		}
	}
	e := a.process(cfg, logOf(1, false))
	r := a.rebuilder(e)
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	seen.want(t, "the batch that found the outage")
	job := a.queue.take()[0]
	for _, after := range []time.Duration{15 * time.Second, 10 * time.Minute} {
		a.now = job.FailedSince.Add(after)
		if err := r.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		seen.want(t, "a store that is away", projection.Observation{Projection: "log", Away: true, Lag: after})
	}
	a.remote.becomes(answering, 0)
	if err := r.Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	seen.want(t, "a store that answers again")
}

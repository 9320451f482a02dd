package projection_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestLookingRegistersNothing: listing projections shows new ones as they will be, and stores nothing. Applying commits
// registers them.
func TestLookingRegistersNothing(t *testing.T) {
	t.Parallel()
	b := newBench()
	e := b.engineOf(b.queued(), logOf(1, false))
	c := b.write(t, "a", Noted{"x"})
	records, err := e.Records(t.Context())
	if err != nil || len(records) != 1 || records[0].Revision != 0 || records[0].Serving().Generation != 1 {
		t.Errorf("records before the first event: %+v, %v, want generation 1, not stored", records, err)
	}
	for w, err := range e.Parked(t.Context()) {
		t.Error(w, err)
	}
	reached, err := e.StreamProgress(t.Context(), es.StreamVersion{Stream: note("a")})
	if err != nil || len(reached) != 1 || reached[0].Checkpoint.Version != 0 {
		t.Errorf("progress of a stream before the first event: %+v, %v, want version 0", reached, err)
	}
	stored := func() map[string]projection.Record {
		t.Helper()
		all, err := b.catalog.Records(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := stored(); len(all) != 0 || len(b.machine.started) != 0 {
		t.Errorf("looking stored %+v and started %v", all, b.machine.started)
	}
	apply(t, e, c)
	registered := b.record(t)
	if all := stored(); registered.Serving().Generation != 1 || len(b.machine.started) != 1 {
		t.Errorf("applying the first commit stored %+v and started %v, want generation 1 and one start",
			all, b.machine.started)
	}
}

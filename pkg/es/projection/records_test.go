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
		t.Errorf("%+v, %v", records, err)
	}
	for w, err := range e.Parked(t.Context()) {
		t.Error(w, err)
	}
	reached, err := e.StreamProgress(t.Context(), es.StreamVersion{Stream: note("a")})
	if err != nil || len(reached) != 1 || reached[0].Checkpoint.Version != 0 {
		t.Errorf("%+v, %v", reached, err)
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
		t.Errorf("bringing it forward stored %+v and started %v", all, b.machine.started)
	}
}

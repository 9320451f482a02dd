package projection_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// TestHalfAnEventBehindUnconcerned: a half-written event of many rows is finished correctly by a process that did not
// see the events before it that do not concern the projection: no row is written twice.
func TestHalfAnEventBehindUnconcerned(t *testing.T) {
	t.Parallel()
	for name, before := range map[string][]noteEvent{
		"in the middle": {Noted{"x"}, Swollen{1}, Misplaced{1}}, "from the beginning": {Swollen{1}, Misplaced{1}},
		"nothing": {Noted{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			b.view = memview.New(memview.Config{MaxWrites: 5})
			saves := 0
			v := &refusing{View: b.view, refuse: func(_ []projection.CheckpointUpdate, rows []projection.Write) error {
				if len(rows) > 3 {
					saves++
				}
				if saves == 3 {
					return errOutage
				}
				return nil
			}}
			e := b.engineOn(b.store, v, b.catalog, projection.Config{}, ledgerOf(1, ""))
			for _, event := range before {
				apply(t, e, b.write(t, "a", event))
			}
			c := b.write(t, "a", Fanned{15})
			if failed := e.Apply(t.Context(), []es.Commit{c}); failed[note("a")] == nil {
				t.Fatal("the save was not interrupted")
			}
			if at := b.at(t, 1, "a"); at.RowsWritten != 8 || at.Version != c.Version-1 || string(at.Hash) != string(c.Prev) {
				t.Errorf("%d rows written after %d, hash %x, want it after %d, hash %x",
					at.RowsWritten, at.Version, at.Hash, c.Version-1, c.Prev)
			}
			apply(t, b.engineOf(projection.Config{}, ledgerOf(1, "")), c)
			b.wantShown(t, 1, ledgerOf(1, ""), "a")
			if _, err := b.rebuilder(e).Verify(t.Context(), "log", 1); err != nil {
				t.Error(err)
			}
		})
	}
}

package dynamostore_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// TestLongStream: 100,000 events load completely, and folding them keeps only a page or two in memory.
//
//nolint:paralleltest // measures the heap, which other tests would grow
func TestLongStream(t *testing.T) {
	const total, bound = 100_000, 16 << 20 // the events take 20 MB as JSON alone
	store := open(t, time.Now)
	head := store.Empty(ledgers.Stream("long"))
	for n := 0; n < total; {
		events := make([]es.RawEvent, es.MaxEvents)
		for i := range events {
			raw, err := ledgers.Events.Encode(deposit(n))
			if err != nil {
				t.Fatal(err)
			}
			events[i] = raw
			n++
		}
		stored, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events}}})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
	held := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var state ledger
	var most int64
	before, commits := held(), 0
	end, err := store.Load(t.Context(), store.Empty(ledgers.Stream("long")), func(c *es.Commit) error {
		if commits++; commits%100 == 0 {
			most = max(most, held()-before)
		}
		for i := range c.Events {
			if err := ledgers.Events.Decode(c, i, func(e ledgerEvent) error {
				ledgers.Evolve(&state, e)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || end.Version() != total || state.Count != total || state.Sum != total*(total-1)/2 {
		t.Errorf("%v: at version %d with %+v, want %d", err, end.Version(), state, total)
	}
	if most > bound {
		t.Errorf("the heap grew by %d MB, want at most %d", most>>20, bound>>20)
	}
}

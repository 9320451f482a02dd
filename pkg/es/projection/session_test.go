package projection_test

import (
	"context"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// countedReads is a view that counts the checkpoints that are read.
type countedReads struct {
	projection.View
	checkpoints int
}

func (v *countedReads) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	v.checkpoints += len(streams)
	return v.View.Checkpoints(ctx, g, streams...)
}

// TestSessionReadsOnce: the checkpoint that Progress found to show the wanted version is the document that is read.
func TestSessionReadsOnce(t *testing.T) {
	t.Parallel()
	store, catalog := memstore.New(memstore.Config{}), memview.NewCatalog()
	view := &countedReads{View: memview.New()}
	subscription := projection.Subscription{Projection: openTickets, View: view}
	stream := es.StreamID{Type: "Ticket", ID: "1"}
	engine := projection.NewEngine(store, catalog, projection.Config{}, subscription)
	if failed := engine.Apply(t.Context(), []es.Commit{appended(store, stream, opened{"No sound"})}); len(failed) > 0 {
		t.Fatal(failed)
	}
	s, err := projection.NewReader(store, catalog, projection.ReaderConfig{}, subscription).Open(t.Context(),
		openTickets.Name())
	if err != nil {
		t.Fatal(err)
	}
	// read counts the checkpoints that one more look at the document reads.
	read := func() int {
		t.Helper()
		view.checkpoints = 0
		d, err := openTickets.Document(t.Context(), s, stream)
		if err != nil || d.Data.Subject != "No sound" || d.Version != 1 {
			t.Errorf("document in the session: %+v, %v, want version 1 with its subject", d, err)
		}
		return view.checkpoints
	}
	if n := read(); n != 1 {
		t.Errorf("without a wait: %d were read, want 1", n)
	}
	for version, want := range map[int64]int{1: 0, 2: 1} {
		at, err := s.Progress(t.Context(), es.StreamVersion{Stream: stream, Version: version})
		if err != nil || at.Shows != (version == 1) {
			t.Errorf("progress to version %d: %+v, %v", version, at, err)
		}
		if n := read(); n != want {
			t.Errorf("after a wait for version %d: %d were read, want %d", version, n, want)
		}
	}
}

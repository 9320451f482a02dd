package annalslambda

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// looked is a subscriber of two read models in stores of their own. Both read notes.
func looked(t *testing.T) (p *Subscriber, view *memview.View) {
	t.Helper()
	described := func(name string, view projection.View) projection.Subscription {
		d := projection.Description{Name: name, Folds: []projection.FoldDescription{{
			Version: 1, Reads: map[string][]projection.EventType{"Note": nil},
		}}}
		return d.Subscription(view)
	}
	view = memview.New()
	engine := projection.NewEngine(memstore.New(), memview.NewCatalog(), projection.Config{
		Log: slog.New(slog.DiscardHandler),
	}, described("notes", view), described("others", memview.New()))
	return &Subscriber{engine: engine}, view
}

func note(i int) es.StreamID { return es.StreamID{Type: "Note", ID: fmt.Sprintf("%04d", i)} }

// TestCheckpointsTask: the task returns the checkpoints of one read model in one generation, without their content.
func TestCheckpointsTask(t *testing.T) {
	t.Parallel()
	p, view := looked(t)
	for g, version := range map[projection.Generation]int64{1: 3, 2: 5} {
		next := projection.Checkpoint{Version: version, Hash: []byte{1}, State: []byte(`{"text":"secret"}`)}
		update := []projection.CheckpointUpdate{{Stream: note(1), Next: next}}
		if err := view.Save(t.Context(), g, update, nil); err != nil {
			t.Fatal(err)
		}
	}
	do := p.tasks(nil)[ask.Checkpoints]
	out, err := do(t.Context(), &ask.Request{
		Projection: "notes", Generation: 1, Streams: []string{"Note#0001", "Note#0002", "Other#1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Checkpoints; len(got) != 2 || got["Note#0001"].Version != 3 || len(got["Note#0001"].Hash) != 1 ||
		got["Note#0002"].Version != 0 {
		t.Errorf("checkpoints: %+v, want version 3 of Note#0001 and 0 of Note#0002", got)
	}
	for _, in := range []ask.Request{{Projection: "nothing"}, {}} {
		if _, err := do(t.Context(), &in); !errors.As(err, new(*projection.UnknownProjectionError)) {
			t.Errorf("checkpoints of %q: %v, want an unknown projection", in.Projection, err)
		}
	}
	if _, err := do(t.Context(), &ask.Request{Projection: "notes", Streams: []string{"x"}}); err == nil {
		t.Error("a stream's name without a type was accepted")
	}
}

// TestParkedTask: the pages of the task have each parked stream once, by their names. A long error is cut.
func TestParkedTask(t *testing.T) {
	t.Parallel()
	p, view := looked(t)
	const all = 5*maxParked/2 + 1
	for i := range all {
		why := projection.Parked{Reason: projection.Failed, Error: strings.Repeat("ä", maxParkedError), Version: 1}
		if err := view.Park(t.Context(), 1, note(i), projection.Checkpoint{}, why); err != nil {
			t.Fatal(err)
		}
	}
	do := p.tasks(nil)[ask.Parked]
	in := ask.Request{Projection: "notes", Generation: 1}
	var names []string
	for pages := 1; ; pages++ {
		out, err := do(t.Context(), &in)
		if err != nil || len(out.Parked) == 0 || len(out.Parked) > maxParked {
			t.Fatalf("page %d has %d streams, %v; want from 1 to %d", pages, len(out.Parked), err, maxParked)
		}
		for _, one := range out.Parked {
			names = append(names, one.Stream.String())
			if len(one.Error) > maxParkedError+len("…") || !strings.HasSuffix(one.Error, "ä…") {
				t.Fatalf("the error has %d bytes, want it cut to %d", len(one.Error), maxParkedError)
			}
		}
		if !out.More {
			break
		}
		in.Stream = names[len(names)-1]
	}
	if len(names) != all || !slices.IsSorted(names) || len(slices.Compact(names)) != all {
		t.Errorf("pages have %d names, want %d different ones in order", len(names), all)
	}
	for _, in := range []ask.Request{{Projection: "others", Generation: 1}, {Projection: "notes", Generation: 2}} {
		if out, err := do(t.Context(), &in); err != nil || len(out.Parked) > 0 {
			t.Errorf("parked in generation %d of %s: %v, %v; want none", in.Generation, in.Projection, out, err)
		}
	}
	if _, err := do(t.Context(), &ask.Request{}); !errors.As(err, new(*projection.UnknownProjectionError)) {
		t.Errorf("parked in no read model: %v, want an unknown projection", err)
	}
}

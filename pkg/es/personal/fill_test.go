package personal_test

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// slowView is a view whose first save waits for a minute, or until its context ends.
type slowView struct {
	*memview.View
	saves int
}

func (v *slowView) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.saves++; v.saves == 1 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
		}
	}
	return v.View.Save(ctx, g, moves, rows)
}

// scans counts the pages that are read.
type scans struct {
	*personal.Store
	pages int
}

func (s *scans) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		for page, err := range s.Store.Scan(ctx, segment) {
			s.pages++
			if !yield(page, err) {
				return
			}
		}
	}
}

// TestOldPages: a rebuild that could not write what it decrypted for half a minute reads it again. So it does not write
// what a person was forgotten for meanwhile.
func TestOldPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := memkeys.New()
		store, err := personal.NewStore(memstore.New(), keys, personal.Config{CacheFor: time.Nanosecond})
		if err != nil {
			t.Fatal(err)
		}
		r := &post{boxes: es.Open(store, boxes)}
		r.must(t, "1", "ada", opened{"Ada Lovelace"})
		view, events := &slowView{View: memview.New()}, &scans{Store: store}
		p := projection.New("boxes", 1, projection.From(boxes, projection.On(
			func(d *box, e projection.Event[event], _ *projection.Writes) error {
				boxes.Evolve(d, e.Data)
				return nil
			})))
		engine := projection.NewEngine(events, memview.NewCatalog(), projection.Config{Log: slog.New(slog.DiscardHandler)},
			projection.Subscription{Projection: p, View: view})
		if err := engine.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		rebuilder := projection.NewRebuilder(engine, events, projection.RebuildConfig{Segments: 1})
		build, err := rebuilder.Begin(t.Context(), "boxes")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _, _ = keys.Forget(t.Context(), "ada", time.Now()) })
		began := time.Now()
		if _, err := rebuilder.Fill(t.Context(), "boxes", build.Generation, 0, nil); err != nil {
			t.Fatal(err)
		}
		at, err := view.Checkpoints(t.Context(), build.Generation, boxes.Stream("1"))
		state := string(at[boxes.Stream("1")].State)
		if took := time.Since(began); err != nil || took > 45*time.Second || events.pages != 2 ||
			strings.Contains(state, "Ada") || !strings.Contains(state, "(erased)") {
			t.Errorf("filled in %v, with %d pages: %s, %v; want the page to be read again after 30 s", took, events.pages, state, err)
		}
	})
}

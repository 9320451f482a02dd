package projection_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// choosy is a view that refuses states and append rows with a text.
type choosy struct {
	projection.View
	text string
	mu   sync.Mutex
	most int // the most streams that were saved at once
}

func (v *choosy) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, m := range moves {
		if strings.Contains(string(m.Next.State), v.text) {
			return projection.ErrRefused
		}
	}
	v.most = max(v.most, len(moves))
	return v.View.Save(ctx, g, moves, rows)
}

func (v *choosy) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	for _, row := range rows {
		if strings.Contains(string(row.Row), v.text) {
			return projection.ErrRefused
		}
	}
	return v.View.Append(ctx, g, rows...)
}

// TestRefusedContent: what a store refuses parks its stream, before the event that made it. Streams that were saved
// with it are not parked. In a store of its own, streams are saved together.
func TestRefusedContent(t *testing.T) {
	t.Parallel()
	for name, fold := range map[string]projection.Projection{"state": logOf(1, false), "append row": entriesOf()} {
		for _, apart := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " apart: ", apart), func(t *testing.T) {
				t.Parallel()
				b := newBench()
				view := &choosy{View: b.view, text: "bad"}
				e := projection.NewEngine(b.store, b.catalog, projection.Config{Log: slog.New(slog.DiscardHandler)},
					projection.Subscription{Projection: fold, View: view, Apart: apart})
				var commits []es.Commit
				for i := range 7 {
					commits = append(commits, b.write(t, fmt.Sprint("good", i), Noted{"x"}, Noted{"y"}))
				}
				commits = append(commits, b.write(t, "a", Noted{"x"}, Noted{"bad"}, Noted{"y"}))
				apply(t, e, commits...)
				b.wantParked(t, map[string]string{"a": "failed before 2, seen 3"})
				if at := b.at(t, 1, "a").Version; at != 1 {
					t.Errorf("the parked stream is at version %d, want 1", at)
				}
				for i := range 7 {
					if at := b.at(t, 1, fmt.Sprint("good", i)).Version; at != 2 {
						t.Errorf("good%d is at version %d, want 2", i, at)
					}
				}
				if apart {
					commits = nil
					for i := range 7 {
						commits = append(commits, b.write(t, fmt.Sprint("good", i), Noted{"z"}))
					}
					apply(t, e, commits...)
					if view.most != 7 {
						t.Errorf("at most %d streams were saved at once, want 7", view.most)
					}
				}
			})
		}
	}
}

// entriesOf is a projection that appends a row for each note.
func entriesOf() projection.Projection {
	return projection.New("log", 1, projection.From(noted(notes),
		projection.On(func(_ *notebook, e projection.Event[Noted], w *projection.Writes) error {
			entries.Append(w, "all", e.Data.Text)
			return nil
		})), entries)
}

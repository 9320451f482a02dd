package projection_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// memos are streams that hold the events of notes, too.
var memos = es.Aggregate[struct{}, noteEvent]{StreamType: "Memo", Events: notes}

// reading is a fold version that reads notes, and with more also memos.
func reading(fold int, more bool) projection.Projection {
	on := projection.On(func(s *notebook, e projection.Event[Noted], _ *projection.Writes) error {
		s.Texts = append(s.Texts, e.Data.Text)
		return nil
	})
	if more {
		return projection.New("log", fold, projection.From(noted(notes), on), projection.From(memos, on))
	}
	return projection.New("log", fold, projection.From(noted(notes), on))
}

func (b *bench) memo(t *testing.T, id string, n int) (all []es.Commit) {
	t.Helper()
	stream := es.StreamID{Type: "Memo", ID: id}
	for range n {
		head, err := b.store.Head(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := notes.Encode(Noted{"x"})
		if err != nil {
			t.Fatal(err)
		}
		done, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{raw}}}})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, done[0].Commit)
	}
	return all
}

// TestFoldsOfOtherSources: each generation holds the streams that its own fold version reads, and no others, whichever
// of the two reads more.
func TestFoldsOfOtherSources(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]bool{"the newer reads more": true, "the newer reads less": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			newest, former := reading(2, more), reading(1, !more)
			before := b.engineOf(projection.Config{}, former)
			apply(t, before, b.write(t, "a", Noted{"x"}))
			apply(t, before, b.memo(t, "early", 60)...)
			e := b.engineOf(projection.Config{}, newest, former)
			r := b.rebuilder(e)
			if _, err := r.Begin(t.Context(), "log"); err != nil {
				t.Fatal(err)
			}
			for _, c := range append(b.memo(t, "live", 60), b.memo(t, "early", 1)...) {
				apply(t, e, c)
			}
			missed := b.memo(t, "missed", 1)[0].Stream
			if err := e.CatchUp(t.Context(), missed); err != nil {
				t.Fatal(err)
			}
			b.memo(t, "reconciled", 1)
			if _, err := b.reconciler(e, b.store).Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, g := range []projection.Generation{1, 2} {
				if g == 2 {
					if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := r.Verify(t.Context(), "log", g); err != nil {
					t.Error(err)
				}
				for id, want := range map[string]int64{"early": 61, "live": 60, "missed": 1, "reconciled": 1} {
					stream := es.StreamID{Type: "Memo", ID: id}
					all, err := b.view.Checkpoints(t.Context(), g, stream)
					if err != nil {
						t.Fatal(err)
					}
					if reads := more == (g == 2); !reads {
						want = 0
					}
					if at := all[stream]; at.Version != want || at.Parked != nil {
						t.Errorf("generation %d has %s at %d, parked: %v, want %d", g, stream, at.Version, at.Parked, want)
					}
				}
			}
		})
	}
}

// TestInlineFoldsOfOtherSources: a commit brings the writes of the generations whose fold reads its stream.
func TestInlineFoldsOfOtherSources(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]bool{"the newer reads more": true, "the newer reads less": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			newest, former := reading(2, more), reading(1, !more)
			if err := b.engineOf(projection.Config{}, former).Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			e := b.engineOf(projection.Config{}, newest, former)
			if _, err := b.rebuilder(e).Begin(t.Context(), "log"); err != nil {
				t.Fatal(err)
			}
			sub := projection.Subscription{
				Projection: newest, Former: []projection.Projection{former}, View: b.view, Inline: true,
			}
			commits := append(b.memo(t, "m", 1), b.write(t, "n", Noted{"x"}))
			planned, err := projection.NewInline(b.catalog, sub).Plan(t.Context(), commits)
			if err != nil {
				t.Fatal(err)
			}
			got := map[projection.Generation]int{}
			for _, writes := range planned {
				got[writes.Generation] += len(writes.Moves)
			}
			want := map[projection.Generation]int{1: 1, 2: 2}
			if !more {
				want = map[projection.Generation]int{1: 2, 2: 1}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("checkpoints by generation (-want +got):\n%s", diff)
			}
		})
	}
}

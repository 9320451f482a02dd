package projection_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// TestVerificationFinds: differences in a filled generation are reported, and it does not serve.
func TestVerificationFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil  func(t *testing.T, b *bench)
		says   string
		healed bool // by Finish
	}{
		"nothing": {spoil: func(*testing.T, *bench) {}},
		"a state": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			next := cp
			next.State = []byte(`{"texts":["X"]}`)
			b.spoil(t, "s1", cp, next)
		}, "Note#s1: the stored state differs from its events", false},
		"a row": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			b.spoil(t, "s1", cp, cp, projection.Write{
				Kind: projection.Put, Key: projection.Key{Partition: "all", Sort: "0001|Note#s1"}, Row: []byte(`"X"`),
			})
		}, "Note#s1: row all|0001|Note#s1 differs from its events", false},
		"a row that is gone": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			b.spoil(t, "s1", cp, cp, projection.Write{
				Kind: projection.Delete, Key: projection.Key{Partition: "all", Sort: "0001|Note#s1"},
			})
		}, "Note#s1: row all|0001|Note#s1 differs from its events", false},
		"a counter": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			b.spoil(t, "s1", cp, cp, projection.Write{
				Kind: projection.Add, Key: projection.Key{Partition: "letters", Sort: "x"},
				Counters: map[string]projection.Number{"count": projection.Int(1)},
			})
		}, "counters letters|x are", false},
		"a counter of nothing": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			b.spoil(t, "s1", cp, cp, projection.Write{
				Kind: projection.Add, Key: projection.Key{Partition: "letters", Sort: "q"},
				Counters: map[string]projection.Number{"count": projection.Int(1)},
			})
		}, "counters letters|q are", false},
		"a stream that is missing": {func(t *testing.T, b *bench) {
			b.write(t, "missed", Noted{"x"})
		}, "Note#missed is at version 0, expected 1", true},
		"a stream that is behind": {func(t *testing.T, b *bench) {
			b.write(t, "s1", Noted{"x"})
		}, "Note#s1 is at version", true},
		"a stream that is newly parked": {func(t *testing.T, b *bench) {
			if err := b.view.Park(t.Context(), 2, note("s1"), b.at(t, 2, "s1"), projection.Parked{
				Reason: projection.Failed, Version: 4,
			}); err != nil {
				t.Fatal(err)
			}
		}, "Note#s1 is parked, but not in the serving generation", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.history(t)
				e := b.engineOf(projection.Config{}, logOf(2, false), logOf(1, false))
				r := b.rebuilder(e)
				build, err := r.Begin(t.Context(), "log")
				if err != nil {
					t.Fatal(err)
				}
				for segment := range build.Segments {
					if _, err := r.Fill(t.Context(), "log", 2, segment, nil); err != nil {
						t.Fatal(err)
					}
				}
				test.spoil(t, b)
				_, err = r.Verify(t.Context(), "log", 2)
				if !test.healed {
					_, err = r.Finish(t.Context(), "log", 2)
				}
				var found *projection.VerificationError
				switch {
				case test.says == "" && err == nil:
				case test.healed && errors.As(err, &found) && strings.Contains(err.Error(), test.says):
					if _, err := r.Finish(t.Context(), "log", 2); err != nil || b.statuses(t) != "1 retired, 2 serving" {
						t.Errorf("the generation is not healed: %s, %v", b.statuses(t), err)
					}
				case !errors.As(err, &found) || found.Count != 1 || found.Generation != 2 ||
					!strings.Contains(err.Error(), test.says):
					t.Errorf("finish: %v, want %q", err, test.says)
				case b.statuses(t) != "1 serving, 2 building":
					t.Errorf("generations: %s, want 1 serving, 2 building", b.statuses(t))
				}
			})
		})
	}
}

// spoil changes generation 2 in a way that no projection would.
func (b *bench) spoil(t *testing.T, id string, prev, next projection.Checkpoint, rows ...projection.Write) {
	t.Helper()
	if err := b.view.Save(t.Context(), 2, []projection.CheckpointUpdate{{Stream: note(id), Prev: prev, Next: next}},
		rows); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyServing: the serving generation can be verified too, which changes nothing.
func TestVerifyServing(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.history(t)
	before := b.rows(t, 1)
	r := b.rebuilder(b.engine)
	if report, err := r.Verify(t.Context(), "log", 1); err != nil || report.Streams != 7 || report.Parked != 1 {
		t.Errorf("verify: %+v, %v, want 7 streams, 1 of them parked", report, err)
	}
	if _, err := r.Verify(t.Context(), "log", 2); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("verify a generation that does not exist: %v, want ErrNoGeneration", err)
	}
	if after := b.rows(t, 1); len(after) != len(before) {
		t.Errorf("%d rows, and %d before", len(after), len(before))
	}
}

// TestReplay folds a stream up to a point, whatever is stored.
func TestReplay(t *testing.T) {
	t.Parallel()
	b := newBench()
	for range 3 {
		b.write(t, "a", Noted{"x"}, Noted{"y"})
	}
	var s notebook
	if err := projection.Replay(t.Context(), logOf(1, false), b.store, note("a"), es.Point{Version: 3}, &s); err != nil ||
		len(s.Texts) != 3 {
		t.Errorf("replay a up to version 3: %v, %v, want 3 texts", s, err)
	}
	if err := projection.Replay(t.Context(), logOf(1, false), b.store, note("none"), es.Point{Version: 3},
		&s); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("replay a missing stream: %v, want NotFoundError", err)
	}
	b.write(t, "a", Poisoned{})
	if err := projection.Replay(t.Context(), logOf(1, false), b.store, note("a"), es.Point{Version: 7},
		&s); !errors.Is(err, errPoison) {
		t.Errorf("replay a stream that can't be folded: %v, want the error of its fold", err)
	}
	reaction := reaction.New(reactionTo(func(string, es.Command) error { t.Error("the reaction ran"); return nil }))
	if err := projection.Replay(t.Context(), reaction, b.store, note("a"), es.Point{Version: 1}, &s); !errors.Is(err,
		projection.ErrNotRebuilt) {
		t.Errorf("replay a reaction: %v, want ErrNotRebuilt", err)
	}
}

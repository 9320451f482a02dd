package projection_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// process is an engine of a code version, with a view that can halt it. The flavor says how its fold handles poison.
func (b *bench) process(flavor string, halt ...string) (*projection.Engine, *halting) {
	v := &halting{View: b.view, halt: func(call string) bool { return len(halt) > 0 && halt[0] == call }}
	cfg := projection.Config{CodeVersion: func() string { return flavor }}
	return b.engineOn(b.store, v, b.catalog, cfg, ledgerOf(1, flavor)), v
}

// entriesOf are the rows of partitions that readers see.
func (b *bench) entriesOf(t *testing.T, partitions ...string) (rows []string) {
	t.Helper()
	for _, page := range pages(t, b.reader(ledgerOf(1, "")), entries, projection.Query{Partitions: partitions, Limit: 2}) {
		for _, row := range page {
			_, text, _ := strings.Cut(row, ": ")
			rows = append(rows, text)
		}
	}
	return rows
}

// TestLateRowsNeverCount: a halted process appends rows of a stream that another process parks. These rows never count,
// before or after the retry by another fold, even if that fold makes no such rows.
func TestLateRowsNeverCount(t *testing.T) {
	t.Parallel()
	for _, halt := range []string{"append", "save"} {
		t.Run("before "+halt, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			strict, _ := b.process("")
			wrong, v := b.process("wrong", halt)
			apply(t, strict, b.write(t, "a", Noted{"x"}))
			c := b.write(t, "a", Noted{"y"}, Poisoned{}, Noted{"z"})
			if failed := wrong.Apply(t.Context(), []es.Commit{c}); !errors.Is(failed[note("a")], errHalted) {
				t.Fatal(failed)
			}
			want := func(when string, want ...string) {
				t.Helper()
				v.resume(t.Context(), "append")
				if diff := cmp.Diff(want, b.entriesOf(t, "all", "wrong", "mended")); diff != "" {
					t.Errorf("%s: entries (-want +got):\n%s", when, diff)
				}
			}
			want("halted", "x")
			apply(t, strict, c)
			want("parked", "x", "y")
			if err := wrong.RetryStream(t.Context(), note("a"), "log"); !errors.Is(err, errHalted) {
				t.Fatal(err)
			}
			want("halted while it was tried again", "x", "y")
			mended, _ := b.process("mended")
			if err := mended.RetryStream(t.Context(), note("a"), "log"); err != nil {
				t.Fatal(err)
			}
			want("mended", "x", "y", "mended", "0", "1", "2", "3", "4", "5", "zmended", "after mended")
			for _, err := range v.resume(t.Context(), "save") {
				if !errors.Is(err, projection.ErrStale) {
					t.Errorf("a late save: %v", err)
				}
			}
			b.wantShown(t, 1, ledgerOf(1, "mended"), "a")
			if _, err := b.rebuilder(mended).Verify(t.Context(), "log", 1); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestParkedAgainAndAgain: each attempt has its own epoch, and the checkpoint does not grow with the attempts.
func TestParkedAgainAndAgain(t *testing.T) {
	t.Parallel()
	b := newBench()
	strict, _ := b.process("")
	apply(t, strict, b.write(t, "a", Noted{"x"}, Poisoned{}, Noted{"y"}, Poisoned{}))
	epoch := b.at(t, 1, "a").Epoch()
	for range 5 {
		wrong, _ := b.process("wrong", "save")
		for _, e := range []*projection.Engine{strict, wrong} {
			_ = e.RetryStream(t.Context(), note("a"), "log")
			at := b.at(t, 1, "a")
			if at.Epoch() <= epoch || len(at.Rises) != 1 || at.Rises[0].From != 2 || at.Parked == nil || at.Version != 1 {
				t.Fatalf("checkpoint after epoch %d: %+v, want a later epoch, parked at version 1", epoch, at)
			}
			epoch = at.Epoch()
		}
	}
	once := projection.Checkpoint{Rises: []projection.Rise{{From: 2, Epoch: 1}, {From: 9, Epoch: 4}}}
	if got := once.Raised(5); fmt.Sprint(got.Rises) != "[{2 1} {5 5}]" || fmt.Sprint(once.Rises) != "[{2 1} {9 4}]" {
		t.Errorf("raised from 5: %v, of %v", got.Rises, once.Rises)
	}
	for version, want := range map[int64]int{1: 0, 2: 1, 8: 1, 9: 4, 100: 4} {
		if got := once.EpochAt(version); got != want {
			t.Errorf("at %d the epoch is %d, want %d", version, got, want)
		}
	}
	mended, _ := b.process("mended")
	if err := mended.RetryStream(t.Context(), note("a"), "log"); err != nil {
		t.Fatal(err)
	}
	b.wantShown(t, 1, ledgerOf(1, "mended"), "a")
}

// TestRetriesThatCrash: several folds retry a stream, each interrupted at another call. Only the rows of the last fold
// count.
func TestRetriesThatCrash(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		b := newBench()
		strict, _ := b.process("")
		apply(t, strict, b.write(t, "a", Noted{"x"}, Poisoned{}, Noted{"y"}), b.write(t, "a", Fanned{7}, Noted{"z"}))
		done := false
		for i, flavor := range []string{"wrong", "worse", "most wrong"} {
			calls := 0
			v := &halting{View: b.view, halt: func(string) bool { calls++; return calls >= n-i }}
			cfg := projection.Config{CodeVersion: func() string { return flavor }}
			e := b.engineOn(b.store, v, b.catalog, cfg, ledgerOf(1, flavor))
			err := e.RetryStream(t.Context(), note("a"), "log")
			if done = done || err == nil || b.at(t, 1, "a").Version > 1; done {
				break // the stream is not parked any more: that fold's rows are right
			}
		}
		if done {
			if n < 3 {
				t.Error("no save was interrupted")
			}
			return
		}
		mended, _ := b.process("mended")
		if err := mended.RetryStream(t.Context(), note("a"), "log"); err != nil {
			t.Fatal(err)
		}
		b.wantShown(t, 1, ledgerOf(1, "mended"), "a")
	}
}

// TestOldEpochInMemory: a cached checkpoint of an epoch that was raised concurrently can't be saved, although its
// version is the stored one.
func TestOldEpochInMemory(t *testing.T) {
	t.Parallel()
	b := newBench()
	v := &refusing{View: b.view, refuse: func([]projection.CheckpointUpdate, []projection.Write) error { return nil }}
	e := b.engineOn(b.store, v, b.catalog, projection.Config{}, ledgerOf(1, ""))
	apply(t, e, b.write(t, "a", Noted{"x"}))
	old := b.at(t, 1, "a")
	if err := b.view.Park(t.Context(), 1, note("a"), old, projection.Parked{
		Reason: projection.Crashed, Version: 2,
	}); err != nil {
		t.Fatal(err)
	}
	marked := b.at(t, 1, "a")
	unmarked := marked
	unmarked.Parked = nil
	move := func(prev, next projection.Checkpoint) error {
		return b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: note("a"), Prev: prev, Next: next}}, nil)
	}
	if err := move(marked, unmarked); err != nil {
		t.Fatal(err)
	}
	late := old
	late.State = json.RawMessage(`{"texts":["late"]}`)
	if err := move(old, late); !errors.Is(err, projection.ErrStale) {
		t.Errorf("an old epoch is saved: %v", err)
	}
	v.saves = nil
	apply(t, e, b.write(t, "a", Noted{"y"}))
	if at := b.at(t, 1, "a"); v.saves[note("a")] != 2 || at.Version != 2 || at.Epoch() != 1 {
		t.Errorf("%d saves of a, checkpoint %+v; want 2 saves, version 2, epoch 1", v.saves[note("a")], at)
	}
	b.wantShown(t, 1, ledgerOf(1, ""), "a")
}

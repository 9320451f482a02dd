package viewtest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

func parkAndMend(t *testing.T, f *fixture) {
	one, why := at(1), because(2)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	parked := f.park(t, stream("a"), one, why)
	if diff := cmp.Diff(map[string]projection.ParkedStream{"a": {Stream: stream("a"), Parked: why}},
		f.parked(t, 1)); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
	again := because(2)
	again.Code = "v2"
	parked = f.park(t, stream("a"), parked, again) // as after a retry that failed

	two := at(2)
	two.Parked = &again // has no effect: a saved checkpoint is not parked
	two.Rises = parked.Rises
	f.mustMove(t, stream("a"), parked, two, put(key("p", "s"), `1`))
	two.Parked = nil
	f.wantAt(t, 1, stream("a"), &two)
	if got := f.parked(t, 1); len(got) != 0 {
		t.Errorf("parked after a save that ends parking: %v", got)
	}
}

func parkStale(t *testing.T, f *fixture) {
	one, two := at(1), at(2)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, two)
	for _, prev := range []projection.Checkpoint{{}, one, {Version: 2, RowsWritten: 1}} {
		if err := f.Park(t.Context(), 1, stream("a"), prev, because(3)); !errors.Is(err, projection.ErrStale) {
			t.Errorf("park with Prev %+v: %v, want ErrStale", prev, err)
		}
	}
	f.wantAt(t, 1, stream("a"), &two)
	if got := f.parked(t, 1); len(got) != 0 {
		t.Errorf("parked: %v, want none", got)
	}
	if err := f.Park(t.Context(), 1, stream("a"), two, because(3)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{ // by a process that does not know that it is parked
		"save":           f.move(t, stream("a"), two, at(3)),
		"save with rows": f.move(t, stream("a"), two, at(3), put(key("p", "s"), `1`)),
		"park":           f.Park(t.Context(), 1, stream("a"), two, because(3)),
	} {
		if !errors.Is(err, projection.ErrStale) {
			t.Errorf("%s: %v, want ErrStale", name, err)
		}
	}
}

func parkAtZero(t *testing.T, f *fixture) {
	parked := f.park(t, stream("a"), projection.Checkpoint{}, because(1))
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1)); !errors.Is(err, projection.ErrStale) {
		t.Errorf("save with the zero checkpoint as Prev: %v, want ErrStale", err)
	}
	one := at(1)
	f.mustMove(t, stream("a"), parked, one)
	f.wantAt(t, 1, stream("a"), &one)
}

// parkLarge: the largest checkpoint that is accepted can be parked, with a long error that becomes longer as JSON. The
// checkpoint is large because of its state, its places in lists or its rises.
func parkLarge(t *testing.T, f *fixture) {
	for name, sized := range map[string]func(cp *projection.Checkpoint, size int){
		"state": func(cp *projection.Checkpoint, size int) { cp.State = text(size) },
		"slots": func(cp *projection.Checkpoint, size int) {
			for i := range 2 {
				long := fmt.Sprint(i) + strings.Repeat("x", 900)
				cp.Slots = append(cp.Slots, slot(stream("slots"), long, long, string(text(size/2))))
			}
		},
		"rises": func(cp *projection.Checkpoint, size int) {
			const first = 1_000_000_000_000_000 // versions and epochs of many digits
			for i := range size / 50 {
				cp.Rises = append(cp.Rises, projection.Rise{From: first + int64(i), Epoch: first + i})
			}
			cp.Version = first + int64(size)
		},
	} {
		if name == "slots" && !f.has.Index {
			continue
		}
		s := stream(name)
		var cp projection.Checkpoint
		for size := 400 << 10; ; size -= 1 << 10 {
			cp = projection.Checkpoint{Version: 1}
			sized(&cp, size)
			err := f.move(t, s, projection.Checkpoint{}, cp)
			if err == nil {
				break
			}
			if !errors.Is(err, projection.ErrTooLarge) {
				t.Fatal(err)
			}
		}
		why := because(2)
		why.Error = strings.Repeat("\x01ü", 20_000)
		if err := f.Park(t.Context(), 1, s, cp, why); err != nil {
			t.Errorf("park the largest %s: %v", name, err)
		}
		if p := f.parked(t, 1)[name]; p.Version != 2 || len(p.Error) < 100 {
			t.Errorf("parked: %+v, want version 2 with its error", p)
		}
	}
}

func seen(t *testing.T, f *fixture) {
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("seen, for an unknown stream: %v, want ErrStale", err)
	}
	one := at(1)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("seen, for a stream that is not parked: %v, want ErrStale", err)
	}
	park := func() {
		t.Helper()
		one = f.park(t, stream("a"), one, because(2))
	}
	park()
	for _, version := range []int64{7, 9, 8, 9} {
		if err := f.Seen(t.Context(), 1, stream("a"), version); err != nil {
			t.Error(err)
		}
	}
	if got := f.parked(t, 1)["a"].Seen; got != 9 {
		t.Errorf("seen %d, want 9", got)
	}
	park()
	if got := f.parked(t, 1)["a"].Seen; got != 9 {
		t.Errorf("newest version seen is %d after parking again, want 9", got)
	}
	two := at(2)
	f.mustMove(t, stream("a"), one, two)
	one = two
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("seen, for a stream that is no longer parked: %v, want ErrStale", err)
	}
	park()
	if got := f.parked(t, 1)["a"].Seen; got != 0 {
		t.Errorf("seen %d after a save and another parking, want 0", got)
	}
}

func parkOneWinner(t *testing.T, f *fixture) {
	one := at(1)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	wantOneWinner(t, func() error { return f.Park(t.Context(), 1, stream("a"), one, because(2)) })
}

// parkOrSave: of concurrent calls that park a stream or save it, one wins.
func parkOrSave(t *testing.T, f *fixture) {
	for i := range 5 {
		s, one, two := stream(i), at(1), at(2)
		f.mustMove(t, s, projection.Checkpoint{}, one)
		var n atomic.Int64
		wantOneWinner(t, func() error {
			switch n.Add(1) % 3 {
			case 0:
				return f.Park(t.Context(), 1, s, one, because(2))
			case 1:
				return f.move(t, s, one, two, add(t, key("p", s.ID), "n", "1"))
			default:
				return f.move(t, s, one, two)
			}
		})
		all, err := f.Checkpoints(t.Context(), 1, s)
		if err != nil {
			t.Fatal(err)
		}
		_, parked := f.parked(t, 1)[s.ID]
		if cp := all[s]; parked != (cp.Version == 1) || parked != (cp.Epoch() == 1) || parked != (cp.Parked != nil) {
			t.Errorf("parked: %v, its checkpoint is %+v", parked, cp)
		}
	}
}

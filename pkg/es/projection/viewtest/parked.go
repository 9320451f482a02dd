package viewtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

func parkAndMend(t *testing.T, f *fixture) {
	one, why := at(1), because(2)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	if err := f.Park(t.Context(), 1, stream("a"), one, why); err != nil {
		t.Fatal(err)
	}
	parked := one
	parked.Parked = &why
	f.wantAt(t, 1, stream("a"), &parked)
	if diff := cmp.Diff(map[string]projection.ParkedStream{"a": {Stream: stream("a"), Parked: why}}, f.parked(t, 1)); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
	again := because(2)
	again.Code = "v2"
	if err := f.Park(t.Context(), 1, stream("a"), parked, again); err != nil { // a retry that failed
		t.Fatal(err)
	}
	parked.Parked = &again
	f.wantAt(t, 1, stream("a"), &parked)

	two := at(2)
	two.Parked = &again // no matter: what is saved is not parked
	f.mustMove(t, stream("a"), parked, two, put(key("p", "s"), `1`))
	two.Parked = nil
	f.wantAt(t, 1, stream("a"), &two)
	if got := f.parked(t, 1); len(got) != 0 {
		t.Errorf("still parked: %v", got)
	}
}

func parkStale(t *testing.T, f *fixture) {
	one, two := at(1), at(2)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, two)
	for _, prev := range []projection.Checkpoint{{}, one, {Version: 2, RowsWritten: 1}} {
		if err := f.Park(t.Context(), 1, stream("a"), prev, because(3)); !errors.Is(err, projection.ErrStale) {
			t.Errorf("park after %+v: %v", prev, err)
		}
	}
	f.wantAt(t, 1, stream("a"), &two)
	if got := f.parked(t, 1); len(got) != 0 {
		t.Errorf("parked: %v", got)
	}
	if err := f.Park(t.Context(), 1, stream("a"), two, because(3)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{ // by one who does not know that it is parked
		"save":           f.move(t, stream("a"), two, at(3)),
		"save with rows": f.move(t, stream("a"), two, at(3), put(key("p", "s"), `1`)),
		"park":           f.Park(t.Context(), 1, stream("a"), two, because(3)),
	} {
		if !errors.Is(err, projection.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func parkAtZero(t *testing.T, f *fixture) {
	why := because(1)
	if err := f.Park(t.Context(), 1, stream("a"), projection.Checkpoint{}, why); err != nil {
		t.Fatal(err)
	}
	parked := projection.Checkpoint{Parked: &why}
	f.wantAt(t, 1, stream("a"), &parked)
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1)); !errors.Is(err, projection.ErrStale) {
		t.Errorf("as if nothing were there: %v", err)
	}
	one := at(1)
	f.mustMove(t, stream("a"), parked, one)
	f.wantAt(t, 1, stream("a"), &one)
}

// parkLarge: the largest state that is taken can be parked, with a long error that JSON makes longer.
func parkLarge(t *testing.T, f *fixture) {
	size := 400 << 10
	for ; ; size -= 1 << 10 {
		err := f.move(t, stream("a"), projection.Checkpoint{}, projection.Checkpoint{Version: 1, State: text(size)})
		if err == nil {
			break
		}
		if !errors.Is(err, projection.ErrTooLarge) {
			t.Fatal(err)
		}
	}
	why := because(2)
	why.Error = strings.Repeat("\x01ü", 20_000)
	if err := f.Park(t.Context(), 1, stream("a"), projection.Checkpoint{Version: 1, State: text(size)}, why); err != nil {
		t.Errorf("park a state of %d bytes: %v", size, err)
	}
	if p := f.parked(t, 1)["a"]; p.Version != 2 || len(p.Error) < 100 {
		t.Errorf("parked: %+v", p)
	}
}

func seen(t *testing.T, f *fixture) {
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("of a stream that is not there: %v", err)
	}
	one := at(1)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("of a stream that is not parked: %v", err)
	}
	why := because(2)
	park := func() {
		t.Helper()
		if err := f.Park(t.Context(), 1, stream("a"), one, why); err != nil {
			t.Fatal(err)
		}
		one.Parked = &why
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
		t.Errorf("seen %d after it was parked again, want 9", got)
	}
	two := at(2)
	f.mustMove(t, stream("a"), one, two)
	one = two
	if err := f.Seen(t.Context(), 1, stream("a"), 3); !errors.Is(err, projection.ErrStale) {
		t.Errorf("of a stream that is no longer parked: %v", err)
	}
	park()
	if got := f.parked(t, 1)["a"].Seen; got != 0 {
		t.Errorf("seen %d, from when it was parked before", got)
	}
}

func parkOneWinner(t *testing.T, f *fixture) {
	one := at(1)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	wantOneWinner(t, func() error { return f.Park(t.Context(), 1, stream("a"), one, because(2)) })
}

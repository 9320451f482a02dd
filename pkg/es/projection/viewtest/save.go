package viewtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

func saveRoundTrip(t *testing.T, f *fixture) {
	f.wantAt(t, 1, stream("a"), nil)
	first, second := at(2), at(5)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, first, put(key("p", "s"), `{"text":"ü"}`),
		add(t, key("p", "s"), "n", "1"))
	f.wantAt(t, 1, stream("a"), &first)
	f.mustMove(t, stream("a"), first, second, put(key("p", "s"), `"b"`), add(t, key("p", "s"), "n", "1", "m", "-2.5"))
	f.wantAt(t, 1, stream("a"), &second)
	f.wantRows(t, 1, map[projection.RowKey]string{own("p", "s"): `"b"`, shared("p", "s"): "m=-2.5 n=2"})
	odd := stream("ü|#/ 1")
	f.mustMove(t, odd, projection.Checkpoint{}, first)
	f.wantAt(t, 1, odd, &first)
	if all, err := f.Checkpoints(t.Context(), 1); err != nil || len(all) != 0 {
		t.Errorf("checkpoints of no streams: %v, %v", all, err)
	}
}

// saveStateOnly: a checkpoint may lack state, hash and owner.
func saveStateOnly(t *testing.T, f *fixture) {
	bare := projection.Checkpoint{Version: 3}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, bare)
	f.wantAt(t, 1, stream("a"), &bare)
	next := at(4)
	f.mustMove(t, stream("a"), bare, next)
	f.mustMove(t, stream("a"), next, projection.Checkpoint{Version: 5}) // nothing of the earlier one stays
	f.wantAt(t, 1, stream("a"), &projection.Checkpoint{Version: 5})
}

func saveStale(t *testing.T, f *fixture) {
	two, five := at(2), at(5)
	if err := f.move(t, stream("a"), two, five); !errors.Is(err, projection.ErrStale) {
		t.Errorf("save after a checkpoint that does not exist: %v, want ErrStale", err)
	}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, two)
	for name, prev := range map[string]projection.Checkpoint{
		"the first again": {}, "another version": at(1), "one half done": {Version: 2, RowsWritten: 1},
	} {
		for _, rows := range [][]projection.Write{nil, {put(key("p", "s"), `1`)}} {
			if err := f.move(t, stream("a"), prev, five, rows...); !errors.Is(err, projection.ErrStale) {
				t.Errorf("save after %s, with %d rows: %v, want ErrStale", name, len(rows), err)
			}
		}
	}
	f.wantAt(t, 1, stream("a"), &two)
	f.wantRows(t, 1, map[projection.RowKey]string{})
}

// saveHalfDone: a save also depends on how many rows of the next event are written, before the first event too.
func saveHalfDone(t *testing.T, f *fixture) {
	part := projection.Checkpoint{RowsWritten: 3}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, part, put(key("p", "s"), `1`))
	f.wantAt(t, 1, stream("a"), &part)
	for _, prev := range []projection.Checkpoint{{}, {RowsWritten: 2}, {Version: 1}} {
		if err := f.move(t, stream("a"), prev, at(1)); !errors.Is(err, projection.ErrStale) {
			t.Errorf("save after %+v: %v, want ErrStale", prev, err)
		}
	}
	whole := at(1)
	f.mustMove(t, stream("a"), part, whole)
	f.wantAt(t, 1, stream("a"), &whole)
}

func saveBehind(t *testing.T, f *fixture) {
	behind := projection.Checkpoint{Behind: true}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, behind)
	f.wantAt(t, 1, stream("a"), &behind)
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1)); !errors.Is(err, projection.ErrStale) {
		t.Errorf("save with the zero checkpoint as Prev: %v, want ErrStale", err)
	}
	level := at(1)
	f.mustMove(t, stream("a"), behind, level)
	f.wantAt(t, 1, stream("a"), &level)
}

// longNames: a stream with the longest name can be saved, parked and found like any other.
func longNames(t *testing.T, f *fixture) {
	long := stream(strings.Repeat("x", storekit.MaxStreamBytes-len("Note#")))
	other := stream(long.ID[:len(long.ID)-1] + "y")
	for version, s := range map[int64]es.StreamID{1: long, 2: other} {
		cp := at(version)
		f.mustMove(t, s, projection.Checkpoint{}, cp)
		f.park(t, s, cp, because(version+1))
		if err := f.Seen(t.Context(), 1, s, version+7); err != nil {
			t.Error(err)
		}
	}
	if p := f.parked(t, 1); p[long.ID].Seen != 8 || p[other.ID].Seen != 9 || p[long.ID].Stream != long {
		t.Errorf("%d parked, seen %d and %d", len(p), p[long.ID].Seen, p[other.ID].Seen)
	}
}

func saveAllOrNothing(t *testing.T, f *fixture) {
	one := at(1)
	f.mustMove(t, stream("b"), projection.Checkpoint{}, one)
	err := f.Save(t.Context(), 1, []projection.CheckpointUpdate{
		{Stream: stream("a"), Next: one}, {Stream: stream("b"), Next: at(2)}, // b has advanced
	}, f.has.held(put(key("p", "s"), `1`), add(t, key("p", "s"), "n", "1")))
	if !errors.Is(err, projection.ErrStale) {
		t.Errorf("save two, one of them stale: %v, want ErrStale", err)
	}
	f.wantAt(t, 1, stream("b"), &one)
	if stored, err := f.Checkpoints(t.Context(), 1, stream("a")); err != nil || f.has.Separate && len(stored) > 0 {
		f.wantAt(t, 1, stream("a"), &one)
		return
	}
	f.wantAt(t, 1, stream("a"), nil)
	f.wantRows(t, 1, map[projection.RowKey]string{})
	err = f.Save(t.Context(), 1, []projection.CheckpointUpdate{
		{Stream: stream("a"), Next: one}, {Stream: stream("b"), Prev: one, Next: at(2)},
	}, nil)
	if err != nil {
		t.Error(err)
	}
	f.wantAt(t, 1, stream("a"), &one)
}

func saveOneWinner(t *testing.T, f *fixture) {
	for _, rows := range [][]projection.Write{nil, {add(t, key("p", "s"), "n", "1")}} {
		s := stream(fmt.Sprint(len(rows)))
		wantOneWinner(t, func() error { return f.move(t, s, projection.Checkpoint{}, at(1), rows...) })
	}
	f.wantRows(t, 1, map[projection.RowKey]string{shared("p", "s"): "n=1"})
}

// wantOneWinner calls do eight times concurrently. One call must succeed, and the others must fail with ErrStale.
func wantOneWinner(t *testing.T, do func() error) {
	t.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			<-gate
			switch err := do(); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, projection.ErrStale):
				t.Errorf("a losing call returned %v, want ErrStale", err)
			}
		})
	}
	close(gate)
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d calls succeeded, want 1", won.Load())
	}
}

func saveTooMany(t *testing.T, f *fixture) {
	most := f.MaxWrites()
	if most < 3 {
		t.Fatalf("MaxWrites is %d, want at least 3: a parked stream and one row need that", most)
	}
	one := at(1)
	moves := make([]projection.CheckpointUpdate, most+1)
	for i := range moves {
		moves[i] = projection.CheckpointUpdate{Stream: stream(i), Next: one}
	}
	if err := f.Save(t.Context(), 1, moves, nil); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save %d checkpoints: %v, want ErrTooLarge", len(moves), err)
	}
	f.wantAt(t, 1, stream(0), nil)
	if err := f.Save(t.Context(), 1, moves[1:], nil); err != nil {
		t.Errorf("save %d checkpoints: %v", most, err)
	}
	f.wantAt(t, 1, stream(most), &one)
}

func saveTooManyRows(t *testing.T, f *fixture) {
	most := f.MaxWrites()
	rows := make([]projection.Write, most)
	for i := range rows {
		rows[i] = put(key("p", fmt.Sprintf("%03d", i)), `1`)
	}
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1), rows...); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save %d rows and a checkpoint: %v, want ErrTooLarge", most, err)
	}
	f.wantAt(t, 1, stream("a"), nil)
	one := at(1)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one, rows[1:]...)
	f.wantAt(t, 1, stream("a"), &one)
}

func largeStates(t *testing.T, f *fixture) {
	for name, rows := range map[string][]projection.Write{"alone": nil, "with a row": {put(key("p", "s"), `1`)}} {
		s := stream(name)
		if err := f.move(t, s, projection.Checkpoint{}, projection.Checkpoint{Version: 1, State: text(410 << 10)},
			rows...); !errors.Is(err, projection.ErrTooLarge) {
			t.Errorf("save a state of 410 KB %s: %v, want ErrTooLarge", name, err)
		}
		large := projection.Checkpoint{Version: 1, State: text(390 << 10)}
		f.mustMove(t, s, projection.Checkpoint{}, large, rows...)
		f.wantAt(t, 1, s, &large)
	}
}

func largeRows(t *testing.T, f *fixture) {
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1),
		put(key("p", "s"), string(text(410<<10)))); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save a row of 410 KB: %v, want ErrTooLarge", err)
	}
	row := string(text(390 << 10))
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), put(key("p", "s"), row))
	f.wantRows(t, 1, map[projection.RowKey]string{own("p", "s"): row})
}

func largeCounters(t *testing.T, f *fixture) {
	names := func(first string) projection.Write {
		w := projection.Write{Kind: projection.Add, Key: key("p", "s"), Counters: map[string]projection.Number{}}
		for i := range 10 {
			w.Counters[fmt.Sprint(first, i)+strings.Repeat("x", 30<<10)] = projection.Int(1)
		}
		return w
	}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), names("a"))
	if err := f.move(t, stream("a"), at(1), at(2), names("b")); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save counters that exceed 400 KB: %v, want ErrTooLarge", err)
	}
}

func largeTransaction(t *testing.T, f *fixture) {
	rows := make([]projection.Write, 12)
	for i := range rows {
		rows[i] = put(key("p", fmt.Sprint(i)), string(text(380<<10)))
	}
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1), rows...); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save 4.5 MB at once: %v, want ErrTooLarge", err)
	}
	f.wantAt(t, 1, stream("a"), nil)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), rows[:9]...)
}

// noKeys are keys that no row can have: a part is empty or too long.
func noKeys() []projection.Key {
	return []projection.Key{
		key("p", strings.Repeat("s", 1025)), key(strings.Repeat("p", 2049), "s"), key("p", ""), key("", "s"),
	}
}

// badOwnKeys: invalid keys are rejected with ErrTooLarge.
func badOwnKeys(t *testing.T, f *fixture) {
	for _, k := range noKeys() {
		f.wantNoKey(t, put(k, `1`))
		f.wantNoKey(t, projection.Write{Kind: projection.Delete, Key: k})
	}
	f.wantOnce(t, put(key("p", "s"), `1`), put(key("p", "s"), `2`))
}

func badCounterKeys(t *testing.T, f *fixture) {
	for _, k := range noKeys() {
		f.wantNoKey(t, add(t, k, "n", "1"))
	}
	f.wantOnce(t, add(t, key("p", "s"), "n", "1"), add(t, key("p", "s"), "n", "2"))
}

// wantNoKey fails the test unless a save of a write with an invalid key is rejected.
func (f *fixture) wantNoKey(t *testing.T, w projection.Write) {
	t.Helper()
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1), w); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save with a key of %d and %d bytes: %v, want ErrTooLarge", len(w.Key.Partition), len(w.Key.Sort), err)
	}
}

// wantOnce fails the test unless a save that writes one row twice is rejected, and nothing is stored.
func (f *fixture) wantOnce(t *testing.T, twice ...projection.Write) {
	t.Helper()
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1), twice...); err == nil {
		t.Error("a save that writes one row twice succeeded, want an error")
	}
	f.wantAt(t, 1, stream("a"), nil)
}

// viewCanceled: once the context has ended, nothing is read or written.
func viewCanceled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := map[string]error{
		"save": f.Save(ctx, 1, []projection.CheckpointUpdate{{Stream: stream("a"), Next: at(1)}}, nil),
		"park": f.Park(ctx, 1, stream("a"), projection.Checkpoint{}, because(1)),
		"seen": f.Seen(ctx, 1, stream("a"), 1),
		"drop": f.Drop(ctx, 1),

		"parked": nil, "keys": nil, // until they yield an error
	}
	_, errs["checkpoints"] = f.Checkpoints(ctx, 1, stream("a"))
	_, errs["rows"] = f.Rows(ctx, 1, own("p", "s"))
	for _, err := range f.Parked(ctx, 1) {
		errs["parked"] = err
	}
	for _, err := range f.Keys(ctx, 1) {
		errs["keys"] = err
	}
	if f.has.Append {
		errs["append"] = f.Append(ctx, 1, projection.AppendRow{Key: key("p", "s"), Row: text(9)})
	}
	for _, kind := range f.has.kinds() {
		errs["list "+kindNames[kind]] = nil
		for _, err := range f.List(ctx, 1, projection.Listing{Kind: kind, Partition: "p"}) {
			errs["list "+kindNames[kind]] = err
		}
	}
	for name, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a canceled context: %v, want context.Canceled", name, err)
		}
	}
	f.wantAt(t, 1, stream("a"), nil)
}

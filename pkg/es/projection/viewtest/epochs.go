package viewtest

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// whole is a checkpoint at a version with all fields set that the store holds.
func (f *fixture) whole(version int64) projection.Checkpoint {
	cp := at(version)
	cp.Rises = []projection.Rise{{From: 1, Epoch: 1}, {From: version, Epoch: 4}}
	cp.Appended = 3 * version
	if f.has.Index {
		cp.Slots = []projection.Slot{
			slot(stream("a"), "all", "x", `{"text":"ü"}`), slot(stream("a"), "of/ann", "y", `1`),
		}
	}
	return cp
}

// saveEpochs: rises and the number of appended rows are read as they were saved. Nothing of the earlier checkpoint
// stays.
func saveEpochs(t *testing.T, f *fixture) {
	prev := projection.Checkpoint{}
	for _, next := range []projection.Checkpoint{f.whole(2), f.whole(3), at(4), f.whole(5), {Version: 6}} {
		f.mustMove(t, stream("a"), prev, next)
		f.wantAt(t, 1, stream("a"), &next)
		prev = next
	}
	seven := at(7)
	seven.Rises = []projection.Rise{}
	f.mustMove(t, stream("a"), prev, seven)
	seven.Rises = nil
	f.wantAt(t, 1, stream("a"), &seven)
}

// saveSlots: slots are read as they were saved. Nothing of the earlier checkpoint stays. Empty slots at the end do not
// count.
func saveSlots(t *testing.T, f *fixture) {
	first, second := f.whole(2).Slots[0], f.whole(2).Slots[1]
	bare := second
	bare.Row = nil
	prev := projection.Checkpoint{}
	for version, slots := range [][]projection.Slot{
		nil, {first, second}, {{}, second}, {first}, {bare}, {second, first}, nil, {{}, bare},
	} {
		next := f.whole(int64(version + 1))
		next.Slots = slots
		f.mustMove(t, stream("a"), prev, next)
		f.wantAt(t, 1, stream("a"), &next)
		prev = next
	}
	for version, slots := range [][]projection.Slot{{first, {}}, {{}, {}}, {}} {
		next := at(int64(20 + version))
		next.Slots = slots
		f.mustMove(t, stream("a"), prev, next)
		prev = next
		if next.Slots = nil; version == 0 {
			next.Slots = slots[:1]
		}
		f.wantAt(t, 1, stream("a"), &next)
	}
}

// saveStaleEpoch: a checkpoint of another epoch is stale, even at the same version.
func saveStaleEpoch(t *testing.T, f *fixture) {
	epoch := func(cp projection.Checkpoint, n int) projection.Checkpoint {
		cp.Rises = nil
		if n > 0 {
			cp.Rises = []projection.Rise{{From: cp.Version + 1, Epoch: n}}
		}
		return cp
	}
	for _, stored := range []int{0, 1, 12} {
		s := stream(stored)
		for _, version := range []int64{0, 2} { // and before the first event
			cp := projection.Checkpoint{Version: version, RowsWritten: 1}
			prev := projection.Checkpoint{}
			if version > 0 {
				prev = epoch(projection.Checkpoint{RowsWritten: 1}, stored)
			}
			f.mustMove(t, s, prev, epoch(cp, stored))
			for _, known := range []int{0, 1, 2, 11, 12} {
				if known == stored {
					continue
				}
				for name, err := range map[string]error{
					"save":           f.move(t, s, epoch(cp, known), at(3)),
					"save with rows": f.move(t, s, epoch(cp, known), at(3), put(key("p", "s"), `1`)),
					"park":           f.Park(t.Context(), 1, s, epoch(cp, known), because(3)),
				} {
					if !errors.Is(err, projection.ErrStale) {
						t.Errorf("%s with epoch %d, stored epoch %d at version %d: %v, want ErrStale", name, known, stored, version, err)
					}
				}
			}
		}
	}
	f.wantRows(t, 1, map[projection.RowKey]string{})
	raised := epoch(projection.Checkpoint{}, 1) // before the first event, with nothing but an epoch
	parked := f.park(t, stream("a"), projection.Checkpoint{}, because(1))
	f.mustMove(t, stream("a"), parked, raised)
	f.wantAt(t, 1, stream("a"), &raised)
	if err := f.move(t, stream("a"), projection.Checkpoint{}, at(1)); !errors.Is(err, projection.ErrStale) {
		t.Errorf("save with the zero checkpoint as Prev: %v, want ErrStale", err)
	}
	f.mustMove(t, stream("a"), raised, at(1))
}

// saveFoldedAgain: a checkpoint is replaced by one of the same version in a higher epoch, with all its fields and with
// rows. A process that knows the earlier checkpoint can't save any more, at a later version either.
func saveFoldedAgain(t *testing.T, f *fixture) {
	for name, rows := range map[string][]projection.Write{"alone": nil, "with rows": {put(key("p", "s"), `"again"`)}} {
		s := stream(name)
		old := f.whole(5)
		f.mustMove(t, s, projection.Checkpoint{}, old, put(key("p", "s"), `"old"`))
		again := old.Raised(1)
		again.State, again.Appended, again.Slots = json.RawMessage(`{"erased":true}`), 2, old.Slots[:len(old.Slots)/2]
		f.mustMove(t, s, old, again, rows...)
		f.wantAt(t, 1, s, &again)
		if again.Epoch() != old.Epoch()+1 || len(again.Rises) != 1 {
			t.Errorf("rises %+v after the save", again.Rises)
		}
		want := map[projection.RowKey]string{own("p", "s"): `"old"`}
		if len(rows) > 0 {
			want[own("p", "s")] = `"again"`
		}
		for call, err := range map[string]error{
			"save":           f.move(t, s, old, f.whole(6)),
			"save with rows": f.move(t, s, old, f.whole(6), put(key("p", "s"), `"late"`)),
			"the same again": f.move(t, s, old, again),
			"park":           f.Park(t.Context(), 1, s, old, because(6)),
		} {
			if !errors.Is(err, projection.ErrStale) {
				t.Errorf("%s, %s with the old checkpoint as Prev: %v, want ErrStale", name, call, err)
			}
		}
		f.wantAt(t, 1, s, &again)
		f.wantRows(t, 1, want)
		f.mustMove(t, s, again, again, projection.Write{Kind: projection.Delete, Key: key("p", "s")})
	}
}

// parkRaises: each parking raises the epoch from the next version on, and changes nothing else.
func parkRaises(t *testing.T, f *fixture) {
	want := at(4)
	want.Appended, want.Slots = 9, f.whole(4).Slots
	f.mustMove(t, stream("a"), projection.Checkpoint{}, want)
	park := func(rises ...projection.Rise) {
		t.Helper()
		prev, why := want, because(want.Version+3) // not the next version: that event is readable
		if err := f.Park(t.Context(), 1, stream("a"), prev, why); err != nil {
			t.Fatal(err)
		}
		want.Rises, want.Parked = rises, &why
		f.wantAt(t, 1, stream("a"), &want)
		if err := f.Park(t.Context(), 1, stream("a"), prev, why); !errors.Is(err, projection.ErrStale) {
			t.Errorf("park with the old epoch: %v, want ErrStale", err)
		}
	}
	park(projection.Rise{From: 5, Epoch: 1})
	park(projection.Rise{From: 5, Epoch: 2})
	park(projection.Rise{From: 5, Epoch: 3})
	if f.has.Index {
		f.wantListed(t, 1, documents(0, "all"), `x|Note#a: {"text":"ü"} of Note#a`)
	}
	seven := want
	seven.Version, seven.Parked = 7, nil
	f.mustMove(t, stream("a"), want, seven)
	f.wantAt(t, 1, stream("a"), &seven)
	want = seven
	park(projection.Rise{From: 5, Epoch: 3}, projection.Rise{From: 8, Epoch: 4})
	again := at(3) // as a fold that starts over saves it
	again.Rises = want.Rises
	f.mustMove(t, stream("a"), want, again)
	want = again
	park(projection.Rise{From: 4, Epoch: 5})
}

// parkOvertaken: a process halts after it has appended rows of an event. Another process parks the stream, retries it,
// and appends the rows of its own fold. Whatever the first process then does changes nothing, and its rows do not
// count.
func parkOvertaken(t *testing.T, f *fixture) {
	row := func(version int64, place, epoch int, text string) projection.AppendRow {
		return projection.AppendRow{
			Key: projection.AppendKey("log", stream("a"), version, place), Epoch: epoch, Row: json.RawMessage(text),
		}
	}
	one := at(1)
	f.mustAppend(t, row(1, 0, 0, `"kept"`))
	f.mustMove(t, stream("a"), projection.Checkpoint{}, one)
	f.mustAppend(t, row(2, 0, 0, `"old"`), row(2, 1, 0, `"left"`))

	parked := f.park(t, stream("a"), one, because(2))
	f.mustAppend(t, row(2, 0, parked.Epoch(), `"new"`))
	two := at(2)
	two.Rises = parked.Rises
	f.mustMove(t, stream("a"), parked, two)

	f.mustAppend(t, row(2, 0, 0, `"old"`), row(2, 1, 0, `"left"`), row(2, 2, 0, `"late"`), row(3, 0, 0, `"early"`))
	for name, err := range map[string]error{
		"save":           f.move(t, stream("a"), one, at(2)),
		"save with rows": f.move(t, stream("a"), one, at(3), put(key("p", "s"), `1`)),
		"park":           f.Park(t.Context(), 1, stream("a"), one, because(2)),
	} {
		if !errors.Is(err, projection.ErrStale) {
			t.Errorf("%s by the halted process: %v, want ErrStale", name, err)
		}
	}
	f.wantAt(t, 1, stream("a"), &two)
	f.wantShown(t, "log", two, `"kept"`, `"new" in epoch 1`)
	three := at(3)
	three.Rises = two.Rises
	f.mustMove(t, stream("a"), two, three)
	f.wantShown(t, "log", three, `"kept"`, `"new" in epoch 1`)
}

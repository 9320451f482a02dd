package viewtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// wrote is a write, and the row that it leaves, "" if none.
type wrote struct {
	write projection.Write
	row   string
}

// wantWritten saves writes of one row one after the other, and wants the row that each leaves.
func (f *fixture) wantWritten(t *testing.T, k projection.RowKey, steps []wrote) {
	t.Helper()
	cp := projection.Checkpoint{}
	for i, step := range steps {
		next := at(int64(i + 1))
		f.mustMove(t, stream("a"), cp, next, step.write)
		want := map[projection.RowKey]string{}
		if step.row != "" {
			want[k] = step.row
		}
		f.wantRows(t, 1, want)
		cp = next
	}
}

func ownRows(t *testing.T, f *fixture) {
	k := key("p", "s")
	gone := projection.Write{Kind: projection.Delete, Key: k}
	f.wantWritten(t, own("p", "s"), []wrote{
		{gone, ""}, {put(k, `{"a":1}`), `{"a":1}`}, {put(k, `null`), `null`}, {gone, ""}, {put(k, `"ü"`), `"ü"`},
	})
}

func counterRows(t *testing.T, f *fixture) {
	k := key("p", "s")
	f.wantWritten(t, shared("p", "s"), []wrote{
		{add(t, k, "n", "0"), "n=0"}, {add(t, k, "n", "-1", "row", "1"), "n=-1 row=1"},
		{add(t, k, "row", "-2.5"), "n=-1 row=-1.5"},
	})
}

// kindsApart: rows of different kinds with the same key are independent.
func kindsApart(t *testing.T, f *fixture) {
	k := key("p", "s")
	cp, next := at(1), at(2)
	if f.has.Index {
		cp.Slots = []projection.Slot{{Key: k, Row: json.RawMessage(`"slot"`)}}
		next.Slots = cp.Slots
	}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, cp, put(k, `"own"`), add(t, k, "n", "1"))
	if f.has.Append {
		f.mustAppend(t, projection.AppendRow{Key: k, Epoch: 2, Row: json.RawMessage(`"appended"`)})
	}
	want := map[projection.RowKey]string{
		own("p", "s"): `"own"`, shared("p", "s"): "n=1", appended(k): `"appended" in epoch 2`,
	}
	f.wantRows(t, 1, want)
	rows := []string{`"own"`, "n=1", `"appended" in epoch 2`, `"slot" of Note#a`}
	for _, kind := range f.has.kinds() {
		f.wantListed(t, 1, projection.Listing{Kind: kind, Partition: "p"}, "s: "+rows[kind])
	}
	f.mustMove(t, stream("a"), cp, next, projection.Write{Kind: projection.Delete, Key: k}, add(t, k, "n", "1"))
	delete(want, own("p", "s"))
	want[shared("p", "s")] = "n=2"
	f.wantRows(t, 1, want)
	if f.has.Index {
		f.wantListed(t, 1, documents(0, "p"), `s: "slot" of Note#a`)
	}
}

func exactNumbers(t *testing.T, f *fixture) {
	adds := []string{
		"0.1", "0.2", "12345678901234567890123456789012345678",
		"-12345678901234567890123456789012345677", "-1.30", "9007199254740993",
	}
	sum, cp := projection.Number{}, projection.Checkpoint{}
	for i, n := range adds {
		counter := "small"
		if len(n) > 20 {
			counter = "large"
		}
		next := at(int64(i + 1))
		f.mustMove(t, stream("a"), cp, next, add(t, key("p", "s"), counter, n))
		if counter == "small" {
			sum = sum.Plus(number(t, n))
		}
		cp = next
	}
	rows, err := f.Rows(t.Context(), 1, shared("p", "s"))
	if err != nil {
		t.Fatal(err)
	}
	got := rows[shared("p", "s")].Counters
	if !got["small"].Equal(sum) || !got["small"].Equal(number(t, "9007199254740992")) ||
		!got["large"].Equal(projection.Int(1)) {
		t.Errorf("small %s, want %s; large %s, want 1", got["small"], sum, got["large"])
	}
}

// sumsHaveRoom: numbers that can be stored, but whose sum can't, fail with ErrTooLarge, not as an outage.
func sumsHaveRoom(t *testing.T, f *fixture) {
	large, small := "1"+strings.Repeat("0", 37), "0.1"
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), add(t, key("p", "s"), "n", large))
	err := f.move(t, stream("a"), at(1), at(2), add(t, key("p", "s"), "n", small))
	if !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("%s + %s: %v, want ErrTooLarge", large, small, err)
	}
	one := at(1)
	f.wantAt(t, 1, stream("a"), &one)
}

func addConcurrently(t *testing.T, f *fixture) {
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := f.move(t, stream(i), projection.Checkpoint{}, at(1), add(t, key("p", "s"), "n", "1.5")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f.wantRows(t, 1, map[projection.RowKey]string{shared("p", "s"): "n=15"})
}

// listKeys: own and shared rows are listed; checkpoints and parked streams are not.
func listKeys(t *testing.T, f *fixture) {
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), put(key("a", "1"), `1`), put(key("a|b", "2|c"), `1`),
		add(t, key("a", "1"), "n", "1"))
	if err := f.Park(t.Context(), 1, stream("b"), projection.Checkpoint{}, because(1)); err != nil {
		t.Fatal(err)
	}
	f.wantRows(t, 1, map[projection.RowKey]string{own("a", "1"): `1`, own("a|b", "2|c"): `1`, shared("a", "1"): "n=1"})
	for range f.Keys(t.Context(), 1) {
		break // the listing must stop then
	}
	for range f.Parked(t.Context(), 1) {
		break
	}
}

func manyRows(t *testing.T, f *fixture) {
	want := map[projection.RowKey]string{}
	for i := range 5 {
		var rows []projection.Write
		for j := range 50 {
			k := key(fmt.Sprint(i), fmt.Sprint(j))
			rows = append(rows, put(k, `1`))
			want[projection.RowKey{Key: k}] = `1`
		}
		f.mustMove(t, stream(i), projection.Checkpoint{}, at(1), rows...)
	}
	f.wantRows(t, 1, want)
}

func manyCheckpoints(t *testing.T, f *fixture) {
	var streams []es.StreamID
	for i := range 5 {
		streams = append(streams, stream(i))
		f.mustMove(t, stream(i), projection.Checkpoint{}, at(1))
	}
	for i := range 200 {
		streams = append(streams, stream(fmt.Sprint("none", i)))
	}
	all, err := f.Checkpoints(t.Context(), 1, streams...)
	if err != nil || len(all) != 5 {
		t.Errorf("%d checkpoints, %v, want 5", len(all), err)
	}
}

// fill writes something of every kind that the store holds to a generation.
func (f *fixture) fill(t *testing.T, g projection.Generation) {
	t.Helper()
	var rows []projection.Write
	for i := range 60 {
		rows = append(rows, put(key("p", fmt.Sprint(i)), fmt.Sprint(g)))
	}
	rows = append(rows, add(t, key("p", "s"), "n", fmt.Sprint(g)))
	move := []projection.CheckpointUpdate{{Stream: stream("a"), Next: f.filled(g)}}
	if err := f.Save(t.Context(), g, move, f.has.held(rows...)); err != nil {
		t.Fatal(err)
	}
	if f.has.Append {
		row := projection.AppendRow{Key: key("p", "s"), Epoch: int(g), Row: json.RawMessage(`1`)}
		if err := f.Append(t.Context(), g, row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Park(t.Context(), g, stream("b"), projection.Checkpoint{}, because(int64(g))); err != nil {
		t.Fatal(err)
	}
}

// filled is the checkpoint of "a" that fill writes.
func (f *fixture) filled(g projection.Generation) projection.Checkpoint {
	cp := at(int64(g))
	if f.has.Index {
		cp.Slots = []projection.Slot{slot(stream("a"), "p", "s", fmt.Sprint(g))}
	}
	return cp
}

func (f *fixture) wantFilled(t *testing.T, g projection.Generation) {
	t.Helper()
	want := map[projection.RowKey]string{
		shared("p", "s"): fmt.Sprint("n=", g), appended(key("p", "s")): fmt.Sprint("1 in epoch ", int(g)),
	}
	for i := range 60 {
		want[own("p", fmt.Sprint(i))] = fmt.Sprint(g)
	}
	f.wantRows(t, g, want)
	cp := f.filled(g)
	f.wantAt(t, g, stream("a"), &cp)
	if f.has.Append {
		lines := projection.Listing{Kind: projection.AppendedRow, Partition: "p"}
		f.wantListed(t, g, lines, fmt.Sprint("s: 1 in epoch ", int(g)))
	}
	if f.has.Index {
		f.wantListed(t, g, documents(0, "p"), fmt.Sprintf("s|Note#a: %d of Note#a", g))
	}
	if p := f.parked(t, g); len(p) != 1 || p["b"].Version != int64(g) {
		t.Errorf("parked in generation %d: %v", g, p)
	}
}

// generationsApart: generations are independent, also if one number begins with another.
func generationsApart(t *testing.T, f *fixture) {
	for _, g := range generations {
		f.fill(t, g)
	}
	for _, g := range generations {
		f.wantFilled(t, g)
	}
}

func dropGeneration(t *testing.T, f *fixture) {
	f.fill(t, 1)
	f.fill(t, 11)
	for range 2 {
		if err := f.Drop(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, is := f.View.(projection.Preparing); is {
		f.wantLost(t, 1)
	} else {
		f.wantNothing(t, 1)
	}
	f.wantFilled(t, 11)
}

// wantNothing fails the test unless a generation is empty.
func (f *fixture) wantNothing(t *testing.T, g projection.Generation) {
	t.Helper()
	f.wantRows(t, g, map[projection.RowKey]string{})
	f.wantAt(t, g, stream("a"), nil)
	f.wantAt(t, g, stream("b"), nil)
	for _, kind := range f.has.kinds() {
		f.wantListed(t, g, projection.Listing{Kind: kind, Partition: "p"})
	}
	if p := f.parked(t, g); len(p) != 0 {
		t.Errorf("parked: %v, want none", p)
	}
}

// callersBytes: changes that the caller makes to what it passed in, or got back, do not change what is stored.
func callersBytes(t *testing.T, f *fixture) {
	cp, why, want := f.whole(1), because(2), f.whole(1)
	row := put(key("p", "s"), `"abc"`)
	counters := add(t, key("p", "s"), "n", "1")
	f.mustMove(t, stream("a"), projection.Checkpoint{}, cp, row, counters)
	scribble(cp)
	row.Row[1], counters.Counters["n"] = 'X', projection.Int(7)
	if f.has.Append {
		appendRow := projection.AppendRow{Key: key("p", "s"), Row: json.RawMessage(`"abc"`)}
		f.mustAppend(t, appendRow)
		appendRow.Row[1] = 'X'
	}
	f.scribbleRows(t, key("p", "s"))
	f.wantRows(t, 1, map[projection.RowKey]string{
		own("p", "s"): `"abc"`, appended(key("p", "s")): `"abc"`, shared("p", "s"): "n=1",
	})
	got, err := f.Checkpoints(t.Context(), 1, stream("a"))
	if err != nil {
		t.Fatal(err)
	}
	scribble(got[stream("a")])
	f.wantAt(t, 1, stream("a"), &want)
	want = f.park(t, stream("a"), want, why)
	if got, err = f.Checkpoints(t.Context(), 1, stream("a")); err != nil {
		t.Fatal(err)
	}
	scribble(got[stream("a")])
	got[stream("a")].Parked.Code = "X"
	f.wantAt(t, 1, stream("a"), &want)
}

// scribbleRows changes the rows of all kinds that the view returns for a key.
func (f *fixture) scribbleRows(t *testing.T, k projection.Key) {
	t.Helper()
	change := func(row projection.Row) {
		if row.Counters != nil {
			row.Counters["n"] = projection.Int(7)
		} else {
			row.Row[1] = 'X'
		}
	}
	for _, kind := range f.has.kinds() {
		if kind != projection.IndexedRow {
			row := projection.RowKey{Key: k, Kind: kind}
			rows, err := f.Rows(t.Context(), 1, row)
			if err != nil {
				t.Fatal(err)
			}
			change(rows[row])
		}
		for listed, err := range f.List(t.Context(), 1, projection.Listing{Kind: kind, Partition: k.Partition}) {
			if err != nil {
				t.Fatal(err)
			}
			change(listed.Row)
		}
	}
}

// scribble changes everything that a checkpoint refers to.
func scribble(cp projection.Checkpoint) {
	cp.State[1], cp.Hash[0], cp.Rises[0].From = 'X', 'X', 77
	for i := range cp.Slots {
		cp.Slots[i].Row[0], cp.Slots[i].Sort = 'X', "X"
	}
}

package viewtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// slotsMove: a document is listed where its checkpoint says, and nowhere else.
func slotsMove(t *testing.T, f *fixture) {
	a, b := stream("a"), stream("b")
	other := projection.Checkpoint{Version: 1, Slots: []projection.Slot{slot(b, "open", "5", `"b"`)}}
	f.mustMove(t, b, projection.Checkpoint{}, other)
	prev := projection.Checkpoint{}
	for i, step := range []struct {
		slots             []projection.Slot
		open, done, byAge []string
	}{
		{[]projection.Slot{slot(a, "open", "1", `1`)}, []string{"1|Note#a: 1 of Note#a"}, nil, nil},
		{ // the row changes, and the document enters another list
			[]projection.Slot{slot(a, "open", "1", `2`), slot(a, "age", "1", `3`)},
			[]string{"1|Note#a: 2 of Note#a"}, nil, []string{"1|Note#a: 3 of Note#a"},
		},
		{ // another place, and out of the first list
			[]projection.Slot{{}, slot(a, "age", "2", `3`)}, nil, nil, []string{"2|Note#a: 3 of Note#a"},
		},
		{[]projection.Slot{slot(a, "done", "2", `4`)}, nil, []string{"2|Note#a: 4 of Note#a"}, nil}, // to another partition
		{nil, nil, nil, nil},
	} {
		next := at(int64(i + 1))
		next.Slots = step.slots
		f.mustMove(t, a, prev, next)
		f.wantAt(t, 1, a, &next)
		f.wantListed(t, 1, documents(0, "open"), append(step.open, `5|Note#b: "b" of Note#b`)...)
		f.wantListed(t, 1, documents(0, "done"), step.done...)
		f.wantListed(t, 1, documents(1, "age"), step.byAge...)
		prev = next
	}
}

// slotsOfLongNames: a document whose stream has a long name is listed with its stream.
func slotsOfLongNames(t *testing.T, f *fixture) {
	var want []string
	for i, id := range []string{
		"x", "ü|#/ 1", strings.Repeat("x", 990), strings.Repeat("x", 1005), strings.Repeat("|", 1005),
		"y|" + strings.Repeat("x|#", 333),
	} {
		s := stream(id)
		sort := fmt.Sprint(i, "|y|") // including the separator before the stream
		cp := projection.Checkpoint{Version: 1, Slots: []projection.Slot{{}, slot(s, "all", sort, `1`)}}
		f.mustMove(t, s, projection.Checkpoint{}, cp)
		want = append(want, fmt.Sprintf("%s|%s: 1 of %s", sort, s, s))
	}
	f.wantListed(t, 1, documents(1, "all"), want...)
}

// slotsTooLarge: slots that no list can hold are rejected, and nothing is written.
func slotsTooLarge(t *testing.T, f *fixture) {
	good := slot(stream("a"), "p", "s", `1`)
	bad := [][]projection.Slot{
		make([]projection.Slot, 99),
		{good, slot(stream("a"), "p", "s", string(text(410<<10)))},
		{slot(stream("a"), "p", "s", string(text(200<<10))), slot(stream("a"), "p", "s", string(text(200<<10)))},
		{{Row: json.RawMessage(`1`)}}, // a row without a key
	}
	for _, k := range noKeys() {
		bad = append(bad, []projection.Slot{{Key: k, Row: good.Row}}, []projection.Slot{good, {Key: k}})
	}
	for i, slots := range bad {
		for _, rows := range [][]projection.Write{nil, {put(key("p", "s"), `1`)}} {
			cp := at(1)
			cp.Slots = slots
			if err := f.move(t, stream("a"), projection.Checkpoint{}, cp, rows...); !errors.Is(err, projection.ErrTooLarge) {
				t.Errorf("save slots %d, with %d rows: %v, want ErrTooLarge", i, len(rows), err)
			}
		}
	}
	long := stream(strings.Repeat("x", 1020)) // the name is too long for a sort key
	cp := projection.Checkpoint{Version: 1, Slots: []projection.Slot{slot(long, "p", "s", `1`)}}
	if err := f.move(t, long, projection.Checkpoint{}, cp); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("save a slot with a sort key of %d bytes: %v, want ErrTooLarge", len(cp.Slots[0].Sort), err)
	}
	for _, s := range []es.StreamID{stream("a"), long} {
		f.wantAt(t, 1, s, nil)
	}
	f.wantRows(t, 1, map[projection.RowKey]string{})
}

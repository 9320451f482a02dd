// Package viewtest tests implementations of [projection.View] and [projection.Catalog]. Start with [RunView] and
// [RunCatalog]. A store calls each in three lines:
//
//	func TestView(t *testing.T) {
//		viewtest.RunView(t, func(t *testing.T) projection.View { return myview.New() })
//	}
package viewtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// RunView runs the suite for views. Each test runs in parallel, on an empty view of its own.
func RunView(t *testing.T, open func(t *testing.T) projection.View) {
	for name, test := range map[string]func(*testing.T, *fixture){
		"save/round trip":               saveRoundTrip,
		"save/a stream without rows":    saveStateOnly,
		"save/stale":                    saveStale,
		"save/half done":                saveHalfDone,
		"save/behind":                   saveBehind,
		"save/the longest names":        longNames,
		"save/all or nothing":           saveAllOrNothing,
		"save/one winner":               saveOneWinner,
		"save/too many writes":          saveTooMany,
		"save/large states":             largeStates,
		"save/large rows":               largeRows,
		"save/large as a whole":         largeTransaction,
		"save/keys that can't be":       badKeys,
		"save/rises, rows and slots":    saveEpochsAndSlots,
		"save/stale epoch":              saveStaleEpoch,
		"save/folded again":             saveFoldedAgain,
		"parked/and no longer":          parkAndMend,
		"parked/stale":                  parkStale,
		"parked/before the first event": parkAtZero,
		"parked/the largest state":      parkLarge,
		"parked/seen while parked":      seen,
		"parked/one winner":             parkOneWinner,
		"parked/or saved":               parkOrSave,
		"parked/the epoch rises":        parkRaises,
		"parked/while another is fast":  parkOvertaken,
		"append/the first stays":        appendFirst,
		"append/a later epoch replaces": appendEpochs,
		"append/an empty row":           appendEmpty,
		"append/one winner":             appendOneWinner,
		"append/many at once":           appendMany,
		"append/what is too large":      appendTooLarge,
		"list/own rows":                 listOwn,
		"list/shared rows":              listShared,
		"list/append rows":              listAppended,
		"list/documents":                listDocuments,
		"list/none such":                listNoneSuch,
		"slots/move":                    slotsMove,
		"slots/the longest names":       slotsOfLongNames,
		"slots/what is too large":       slotsTooLarge,
		"rows/put, delete, add":         rowKinds,
		"rows/numbers are exact":        exactNumbers,
		"rows/sums have room":           sumsHaveRoom,
		"rows/sums of many writers":     addConcurrently,
		"rows/keys":                     listKeys,
		"rows/kinds are apart":          kindsApart,
		"rows/many at once":             manyRows,
		"generations/apart":             generationsApart,
		"generations/dropped":           dropGeneration,
		"isolation/caller's slices":     callersBytes,
		"context/ended":                 viewCanceled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &fixture{open(t)})
		})
	}
}

type fixture struct{ projection.View }

func stream(id any) es.StreamID { return es.StreamID{Type: "Note", ID: fmt.Sprint(id)} }

func key(partition, sort string) projection.Key {
	return projection.Key{Partition: partition, Sort: sort}
}

func own(partition, sort string) projection.RowKey {
	return projection.RowKey{Key: key(partition, sort)}
}

func shared(partition, sort string) projection.RowKey {
	return projection.RowKey{Key: key(partition, sort), Kind: projection.SharedRow}
}

func appended(k projection.Key) projection.RowKey {
	return projection.RowKey{Key: k, Kind: projection.AppendedRow}
}

// at is a checkpoint at a version.
func at(version int64) projection.Checkpoint {
	return projection.Checkpoint{
		Version: version, Hash: []byte{byte(version), 0xff},
		State: json.RawMessage(fmt.Sprintf(`{"n":%d}`, version)), Owner: "ann",
		At: time.Date(2026, 1, 31, 12, 0, 0, int(version)*1000, time.UTC),
	}
}

func put(k projection.Key, row string) projection.Write {
	return projection.Write{Kind: projection.Put, Key: k, Row: json.RawMessage(row)}
}

func add(t *testing.T, k projection.Key, counters ...string) projection.Write {
	t.Helper()
	w := projection.Write{Kind: projection.Add, Key: k, Counters: map[string]projection.Number{}}
	for i := 0; i < len(counters); i += 2 {
		w.Counters[counters[i]] = number(t, counters[i+1])
	}
	return w
}

func number(t *testing.T, text string) projection.Number {
	t.Helper()
	n, err := projection.Decimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// text is a JSON string of a length in bytes.
func text(bytes int) json.RawMessage {
	return json.RawMessage(`"` + strings.Repeat("x", bytes-2) + `"`)
}

func because(version int64) projection.Parked {
	return projection.Parked{
		Reason: projection.Failed, Error: "poison", Version: version,
		At: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Code: "v1",
	}
}

// slot is a document's place in a list.
func slot(s es.StreamID, partition, sort, row string) projection.Slot {
	return projection.Slot{Key: projection.OwnKey(s, key(partition, sort)), Row: json.RawMessage(row)}
}

// park parks a stream, and returns its new checkpoint.
func (f *fixture) park(
	t *testing.T, s es.StreamID, prev projection.Checkpoint, why projection.Parked,
) projection.Checkpoint {
	t.Helper()
	if err := f.Park(t.Context(), 1, s, prev, why); err != nil {
		t.Fatalf("park %s@%d: %v", s, prev.Version, err)
	}
	parked := prev.Raised(prev.Version + 1)
	parked.Parked = &why
	f.wantAt(t, 1, s, &parked)
	return parked
}

// move saves one stream's checkpoint.
func (f *fixture) move(t *testing.T, s es.StreamID, prev, next projection.Checkpoint, rows ...projection.Write) error {
	t.Helper()
	return f.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: s, Prev: prev, Next: next}}, rows)
}

func (f *fixture) mustMove(t *testing.T, s es.StreamID, prev, next projection.Checkpoint, rows ...projection.Write) {
	t.Helper()
	if err := f.move(t, s, prev, next, rows...); err != nil {
		t.Fatalf("save %s@%d: %v", s, next.Version, err)
	}
}

// wantAt fails the test unless a stream has this checkpoint, or none if want is nil.
func (f *fixture) wantAt(t *testing.T, g projection.Generation, s es.StreamID, want *projection.Checkpoint) {
	t.Helper()
	got, err := f.Checkpoints(t.Context(), g, s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[es.StreamID]projection.Checkpoint{}
	if want != nil {
		all[s] = *want
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("checkpoint in generation %d (-want +got):\n%s", g, diff)
	}
}

// wantRows fails the test unless exactly these rows exist. Counters are written as "a=1 b=2.5".
func (f *fixture) wantRows(t *testing.T, g projection.Generation, want map[projection.RowKey]string) {
	t.Helper()
	var keys []projection.RowKey
	for k, err := range f.Keys(t.Context(), g) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	asked := slices.Collect(maps.Keys(want)) // some may not be listed
	for _, k := range keys {
		if _, expected := want[k]; !expected {
			asked = append(asked, k)
		}
	}
	rows, err := f.Rows(t.Context(), g, asked...)
	if err != nil {
		t.Fatal(err)
	}
	got := map[projection.RowKey]string{}
	for k, row := range rows {
		got[k] = written(row)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(keys) != len(rows) {
		t.Errorf("%d keys, rows in generation %d (-want +got):\n%s", len(keys), g, diff)
	}
}

// written is a row as text. That of a later epoch ends with the epoch.
func written(row projection.Row) string {
	if row.Epoch > 0 {
		return fmt.Sprintf("%s in epoch %d", row.Row, row.Epoch)
	}
	if row.Counters == nil {
		return string(row.Row)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(row.Counters)) {
		n := row.Counters[name].String()
		if strings.Contains(n, ".") { // 1.50 equals 1.5
			n = strings.TrimSuffix(strings.TrimRight(n, "0"), ".")
		}
		all = append(all, name+"="+n)
	}
	return strings.Join(all, " ")
}

// parked lists the parked streams, by id.
func (f *fixture) parked(t *testing.T, g projection.Generation) map[string]projection.ParkedStream {
	t.Helper()
	out := map[string]projection.ParkedStream{}
	for p, err := range f.Parked(t.Context(), g) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[p.Stream.ID]; twice {
			t.Errorf("%s is listed twice", p.Stream)
		}
		out[p.Stream.ID] = p
	}
	return out
}

// Package viewtest tests implementations of [projection.View] and [projection.Catalog], and the engine on them. Start
// with [RunView], [RunEngine] and [RunCatalog]. A store calls each in three lines:
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
//
// A store that does not hold all kinds of rows declares its features. Then the tests of the other kinds are left out,
// which the log says, and for each of these kinds a test asserts that the store refuses it.
func RunView(t *testing.T, open func(t *testing.T) projection.View, features ...Features) {
	has := declared(features)
	run(t, func(t *testing.T) *fixture { return newFixture(t, open(t), has) }, []group[*fixture]{
		{true, map[string]func(*testing.T, *fixture){
			"save/round trip":               saveRoundTrip,
			"save/a stream without rows":    saveStateOnly,
			"save/stale":                    saveStale,
			"save/half done":                saveHalfDone,
			"save/behind":                   saveBehind,
			"save/the longest names":        longNames,
			"save/all or nothing":           saveAllOrNothing,
			"save/one winner":               saveOneWinner,
			"save/too many checkpoints":     saveTooMany,
			"save/many checkpoints":         manyCheckpoints,
			"save/large states":             largeStates,
			"save/epochs":                   saveEpochs,
			"save/stale epoch":              saveStaleEpoch,
			"save/folded again":             saveFoldedAgain,
			"parked/and no longer":          parkAndMend,
			"parked/stale":                  parkStale,
			"parked/before the first event": parkAtZero,
			"parked/the largest checkpoint": parkLarge,
			"parked/seen while parked":      seen,
			"parked/one winner":             parkOneWinner,
			"parked/or saved":               parkOrSave,
			"parked/the epoch rises":        parkRaises,
			"rows/keys":                     listKeys,
			"rows/of an index":              noIndexedRows,
			"generations/apart":             generationsApart,
			"generations/dropped":           dropGeneration,
			"generations/lost":              loseGenerations,
			"isolation/caller's slices":     callersBytes,
			"context/ended":                 viewCanceled,
		}},
		{has.Own, map[string]func(*testing.T, *fixture){
			"own rows/put and delete":     ownRows,
			"own rows/listed":             listOwn,
			"own rows/many at once":       manyRows,
			"own rows/too many":           saveTooManyRows,
			"own rows/large":              largeRows,
			"own rows/large as a whole":   largeTransaction,
			"own rows/keys that can't be": badOwnKeys,
		}},
		{has.Counters, map[string]func(*testing.T, *fixture){
			"counters/add":                  counterRows,
			"counters/listed":               listShared,
			"counters/large":                largeCounters,
			"counters/numbers are exact":    exactNumbers,
			"counters/sums have room":       sumsHaveRoom,
			"counters/sums of many writers": addConcurrently,
			"counters/keys that can't be":   badCounterKeys,
		}},
		{has.Append, map[string]func(*testing.T, *fixture){
			"append/the first stays":              appendFirst,
			"append/a later epoch replaces":       appendEpochs,
			"append/an empty row":                 appendEmpty,
			"append/one winner":                   appendOneWinner,
			"append/many at once":                 appendMany,
			"append/what is too large":            appendTooLarge,
			"append/listed":                       listAppended,
			"append/parked while another is fast": parkOvertaken,
		}},
		{has.Index, map[string]func(*testing.T, *fixture){
			"slots/saved":             saveSlots,
			"slots/listed":            listDocuments,
			"slots/of no list":        listNoneSuch,
			"slots/move":              slotsMove,
			"slots/the longest names": slotsOfLongNames,
			"slots/what is too large": slotsTooLarge,
		}},
		{len(has.kinds()) > 1, map[string]func(*testing.T, *fixture){"rows/kinds are apart": kindsApart}},
		{true, has.refusals()},
	})
}

// generations are those that tests use.
var generations = []projection.Generation{1, 2, 11}

// newFixture prepares a view whose store can lose generations.
func newFixture(t *testing.T, view projection.View, has Features) *fixture {
	if p, is := view.(projection.Preparing); is {
		for _, g := range generations {
			if err := p.Prepare(t.Context(), g); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &fixture{view, has}
}

// fixture is an empty view. Its methods write, and want, rows of the kinds that the store holds.
type fixture struct {
	projection.View
	has Features
}

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

// move saves one stream's checkpoint, with those of the rows that the store holds.
func (f *fixture) move(t *testing.T, s es.StreamID, prev, next projection.Checkpoint, rows ...projection.Write) error {
	t.Helper()
	moves := []projection.CheckpointUpdate{{Stream: s, Prev: prev, Next: next}}
	return f.Save(t.Context(), 1, moves, f.has.held(rows...))
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

// wantRows fails the test unless exactly those of these rows exist that the store holds. Counters are written as
// "a=1 b=2.5".
func (f *fixture) wantRows(t *testing.T, g projection.Generation, want map[projection.RowKey]string) {
	t.Helper()
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(k projection.RowKey, _ string) bool { return !f.has.holds(k.Kind) })
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

package viewtest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// difference is a change of what is stored that no fold makes, and what verification says of it.
type difference struct {
	needs bool
	plant func(cp *projection.Checkpoint) []projection.Write
	// appended is a row that is appended, of the stream's first version.
	appended projection.AppendRow
	says     string
}

// differences are of each kind of row that the store holds, and of documents. Each is planted in a stream of its own.
func (b *bench) differences(t *testing.T) map[string]difference {
	t.Helper()
	write := func(w projection.Write) func(*projection.Checkpoint) []projection.Write {
		return func(*projection.Checkpoint) []projection.Write { return []projection.Write{w} }
	}
	change := func(do func(cp *projection.Checkpoint)) func(*projection.Checkpoint) []projection.Write {
		return func(cp *projection.Checkpoint) []projection.Write {
			do(cp)
			return nil
		}
	}
	own := func(id, partition, sort string) projection.Key {
		return projection.OwnKey(note(id), key(partition, sort))
	}
	row := func(id string, place int) projection.AppendRow {
		return projection.AppendRow{
			Key: projection.AppendKey("all", note(id), 1, place), Epoch: 7, Row: json.RawMessage(`{"Text":"z"}`),
			List: "entries",
		}
	}
	return map[string]difference{
		"state": {
			needs: true, says: "Note#state: the stored state differs from its events",
			plant: change(func(cp *projection.Checkpoint) { cp.State = json.RawMessage(`{"Texts":["X"],"Last":"X"}`) }),
		},
		"own": {
			needs: b.has.Own, says: "Note#own: row lines|0001|Note#own differs from its events",
			plant: write(put(own("own", "lines", "0001"), `{"Text":"X"}`)),
		},
		"gone": {
			needs: b.has.Own, says: "Note#gone: row lines|0001|Note#gone differs from its events",
			plant: write(projection.Write{Kind: projection.Delete, Key: own("gone", "lines", "0001")}),
		},
		"stray": {
			needs: b.has.Own, says: "row stray|a|b|Note#stray is stored, but no event makes it",
			plant: write(put(own("stray", "stray", "a|b"), `{"Text":"X"}`)),
		},
		"counter": {
			needs: b.has.Counters, says: "counters letters|x are",
			plant: write(add(t, key("letters", "x"), "count", "1")),
		},
		"nothing": {
			needs: b.has.Counters, says: "counters letters|q are",
			plant: write(add(t, key("letters", "q"), "count", "1")),
		},
		"place": {
			needs: b.has.Index, says: "Note#place: its places in lists differ from",
			plant: change(func(cp *projection.Checkpoint) { cp.Slots[0].Sort = "z|Note#place" }),
		},
		"listed": {
			needs: b.has.Index, says: "Note#listed: its places in lists differ from",
			plant: change(func(cp *projection.Checkpoint) { cp.Slots[1].Row = json.RawMessage(`7`) }),
		},
		"number": {
			needs: b.has.Append, says: "Note#number: it has appended 3 rows, expected 2",
			plant: change(func(cp *projection.Checkpoint) { cp.Appended++ }),
		},
		"entry": {
			needs: b.has.Append, appended: row("entry", 0),
			says: "row all|0000000000000000001~00000|Note#entry differs from",
		},
		"late": {
			needs: b.has.Append, appended: row("late", 77),
			says: "row all|0000000000000000001~00077|Note#late is stored, but no event makes it",
		},
	}
}

// planted: verification finds a difference in each kind of row and in documents, and nothing else. A rebuild makes a
// generation without them.
func planted(t *testing.T, b *bench) {
	e := b.engine(fold{version: 1})
	apply(t, e, b.write(t, "right", noted{"x"}))
	var want []string
	for id, d := range b.differences(t) {
		if !d.needs {
			continue
		}
		apply(t, e, b.write(t, id, noted{"x"}))
		want = append(want, d.says)
		if d.plant == nil {
			if err := b.view.Append(t.Context(), 1, d.appended); err != nil {
				t.Fatal(err)
			}
			continue
		}
		prev := b.checkpoints(t, 1)[note(id)]
		next := prev
		next.Slots = slices.Clone(prev.Slots)
		rows := d.plant(&next)
		move := projection.CheckpointUpdate{Stream: note(id), Prev: prev, Next: next}
		if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{move}, rows); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.rebuilder(e).Verify(t.Context(), "ledger", 1)
	var found *projection.VerificationError
	if !errors.As(err, &found) || found.Count != len(want) || len(found.Differences) != len(want) {
		t.Fatalf("verify: %v, want %d differences", err, len(want))
	}
	for _, says := range want {
		if !slices.ContainsFunc(found.Differences, func(d string) bool { return strings.Contains(d, says) }) {
			t.Errorf("the differences %q lack %q", found.Differences, says)
		}
	}
	if build, _, err := b.rebuilder(e).Run(t.Context(), "ledger", nil); err != nil || build.Generation != 2 {
		t.Fatalf("rebuild: generation %d, %v, want 2", build.Generation, err)
	}
	b.pass(projection.RecordCacheAge)
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, e, 2)
}

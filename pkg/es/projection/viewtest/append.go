package viewtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

// line is an append row in the partition "log".
func line(version int64, epoch int, row string) projection.AppendRow {
	return projection.AppendRow{Key: lineKey(version), Epoch: epoch, Row: json.RawMessage(row)}
}

func lineKey(version int64) projection.Key {
	return projection.AppendKey("log", stream("a"), version, 0)
}

func (f *fixture) mustAppend(t *testing.T, rows ...projection.AppendRow) {
	t.Helper()
	if err := f.Append(t.Context(), 1, rows...); err != nil {
		t.Fatalf("append %d rows: %v", len(rows), err)
	}
}

// wantShown fails the test unless exactly these rows of a partition count.
func (f *fixture) wantShown(t *testing.T, partition string, cp projection.Checkpoint, want ...string) {
	t.Helper()
	var got []string
	log := projection.Listing{Kind: projection.AppendedRow, Partition: partition, PageSize: 3}
	for row, err := range f.List(t.Context(), 1, log) {
		if err != nil {
			t.Fatal(err)
		}
		if cp.Shows(projection.AppendRow{Key: row.Key, Epoch: row.Epoch, Row: row.Row.Row}) {
			got = append(got, written(row.Row))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows that count at version %d (-want +got):\n%s", cp.Version, diff)
	}
}

// appendFirst: an existing row is not changed, and appending it again succeeds.
func appendFirst(t *testing.T, f *fixture) {
	f.mustAppend(t)
	f.mustAppend(t, line(1, 0, `{"text":"ü"}`))
	f.mustAppend(t, line(1, 0, `"other"`), line(2, 0, `"second"`))
	f.wantRows(t, 1, map[projection.RowKey]string{
		appended(lineKey(1)): `{"text":"ü"}`, appended(lineKey(2)): `"second"`,
	})
	f.wantAt(t, 1, stream("a"), nil) // a row needs no checkpoint
}

// appendEpochs: a row is not changed by an append of the same or an earlier epoch; a later epoch replaces it.
func appendEpochs(t *testing.T, f *fixture) {
	stored := ""
	for _, step := range []struct {
		epoch    int
		replaces bool
	}{
		{1, true}, {0, false}, {1, false}, {2, true}, {1, false}, {0, false}, {12, true}, {2, false}, {9, false}, {12, false},
	} {
		row := fmt.Sprintf(`"after %s"`, strings.Trim(stored, `"`))
		f.mustAppend(t, line(1, step.epoch, row))
		if step.replaces {
			stored = fmt.Sprintf("%s in epoch %d", row, step.epoch)
		}
		f.wantRows(t, 1, map[projection.RowKey]string{appended(lineKey(1)): stored})
	}
}

// appendEmpty: an empty row replaces a row of an earlier epoch. It is kept, so that a late append does not bring that
// row back, and it never counts. A row of a later epoch replaces it.
func appendEmpty(t *testing.T, f *fixture) {
	empty := func(version int64, epoch int) projection.AppendRow { return line(version, epoch, "") }
	cp := at(3)
	f.mustAppend(t, line(1, 0, `"one"`), line(2, 0, `"two"`))
	f.wantShown(t, "log", cp, `"one"`, `"two"`)
	f.mustAppend(t, empty(2, 4), empty(3, 0))
	f.mustAppend(t, line(2, 0, `"late"`), line(2, 4, `"late"`), line(3, 0, `"late"`))
	f.wantShown(t, "log", cp, `"one"`)
	f.wantRows(t, 1, map[projection.RowKey]string{
		appended(lineKey(1)): `"one"`, appended(lineKey(2)): ` in epoch 4`, appended(lineKey(3)): ``,
	})
	f.mustAppend(t, empty(2, 3), line(2, 5, `"again"`), line(3, 1, `"three"`))
	f.wantShown(t, "log", cp, `"one"`, `"again" in epoch 5`, `"three" in epoch 1`)
}

// appendOneWinner: of concurrent appends of one row, one of the latest epoch wins, and all succeed.
func appendOneWinner(t *testing.T, f *fixture) {
	const epochs, writers = 3, 8
	for before := range epochs { // epochs of rows that exist already
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for epoch := range before + 1 {
			for writer := range writers {
				wg.Go(func() {
					<-gate
					if err := f.Append(t.Context(), 1, line(1, epoch, fmt.Sprintf(`"%d by %d"`, epoch, writer))); err != nil {
						t.Errorf("append in epoch %d: %v", epoch, err)
					}
				})
			}
		}
		close(gate)
		wg.Wait()
		rows, err := f.Rows(t.Context(), 1, appended(lineKey(1)))
		if err != nil {
			t.Fatal(err)
		}
		row := rows[appended(lineKey(1))]
		if row.Epoch != before || !strings.HasPrefix(string(row.Row), fmt.Sprintf(`"%d by `, before)) {
			t.Errorf("existing epochs up to %d: the row is %s, want one of the latest epoch", before, written(row))
		}
		f.mustAppend(t, line(1, before, `"again"`))
		f.wantRows(t, 1, map[projection.RowKey]string{appended(lineKey(1)): written(row)})
	}
}

func appendMany(t *testing.T, f *fixture) {
	var rows []projection.AppendRow
	var want []string
	for version := range int64(120) {
		rows = append(rows, line(version+1, 0, fmt.Sprint(version)))
		want = append(want, fmt.Sprintf("%s: %d", lineKey(version+1).Sort, version))
	}
	slices.Reverse(rows)
	f.mustAppend(t, rows...)
	f.wantListed(t, 1, projection.Listing{Kind: projection.AppendedRow, Partition: "log", PageSize: 50}, want...)
}

func appendTooLarge(t *testing.T, f *fixture) {
	for _, k := range noKeys() {
		err := f.Append(t.Context(), 1, line(1, 0, `1`), projection.AppendRow{Key: k, Row: json.RawMessage(`1`)})
		if !errors.Is(err, projection.ErrTooLarge) {
			t.Errorf("append with a key of %d and %d bytes: %v, want ErrTooLarge", len(k.Partition), len(k.Sort), err)
		}
	}
	if err := f.Append(t.Context(), 1, line(2, 0, string(text(410<<10)))); !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("append a row of 410 KB: %v, want ErrTooLarge", err)
	}
	err := f.Append(t.Context(), 1, line(1, 0, `1`), line(2, 0, string(text(410<<10))), line(3, 0, `3`))
	if !errors.Is(err, projection.ErrTooLarge) {
		t.Errorf("append a row of 410 KB among others: %v, want ErrTooLarge", err)
	}
	large := string(text(390 << 10))
	f.mustAppend(t, line(1, 0, `1`), line(2, 0, large), line(3, 0, `3`))
	f.wantRows(t, 1, map[projection.RowKey]string{
		appended(lineKey(1)): `1`, appended(lineKey(2)): large, appended(lineKey(3)): `3`,
	})
}

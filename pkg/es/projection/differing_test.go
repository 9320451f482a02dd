package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/annals-es/annals/pkg/es/projection"
)

// TestVerifyFindsInLedgers: verification finds wrong places of documents in lists, and wrong appended rows. Rows that
// do not count are not a difference.
func TestVerifyFindsInLedgers(t *testing.T) {
	t.Parallel()
	key := projection.AppendKey("all", note("c"), 1, 0)
	change := func(do func(cp *projection.Checkpoint)) func(t *testing.T, b *bench) {
		return func(t *testing.T, b *bench) {
			t.Helper()
			prev := b.at(t, 1, "c")
			next := prev
			next.Slots = append([]projection.Slot(nil), prev.Slots...)
			do(&next)
			moves := []projection.CheckpointUpdate{{Stream: note("c"), Prev: prev, Next: next}}
			if err := b.view.Save(t.Context(), 1, moves, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	appended := func(row projection.AppendRow) func(t *testing.T, b *bench) {
		return func(t *testing.T, b *bench) {
			t.Helper()
			if err := b.view.Append(t.Context(), 1, row); err != nil {
				t.Fatal(err)
			}
		}
	}
	const slots, row = "its places in lists differ from", "row all|0000000000000000001~00000|Note#c differs from"
	for name, test := range map[string]struct {
		spoil func(t *testing.T, b *bench)
		says  string
		row   *spoilt
	}{
		"nothing":            {func(*testing.T, *bench) {}, "", nil},
		"a slot's key":       {change(func(cp *projection.Checkpoint) { cp.Slots[0].Sort = "z|Note#c" }), slots, nil},
		"a slot's partition": {change(func(cp *projection.Checkpoint) { cp.Slots[0].Partition = "z" }), slots, nil},
		"a slot's row": {
			change(func(cp *projection.Checkpoint) { cp.Slots[0].Row = json.RawMessage(`"z"`) }), slots, nil,
		},
		"no slot": {change(func(cp *projection.Checkpoint) { cp.Slots = nil }), slots, nil},
		"one slot more": {change(func(cp *projection.Checkpoint) {
			cp.Slots = append(cp.Slots[:1], projection.Slot{
				Key: projection.Key{Partition: "odd", Sort: "1"}, Row: json.RawMessage(`1`),
			})
		}), slots, nil},
		"the same row, said otherwise": {
			change(func(cp *projection.Checkpoint) { cp.Slots[0].Row = append(json.RawMessage(" "), cp.Slots[0].Row...) }),
			"", nil,
		},
		"the number appended": {
			change(func(cp *projection.Checkpoint) { cp.Appended++ }), "it has appended 19 rows, expected 18", nil,
		},
		"a row that is gone":     {func(*testing.T, *bench) {}, row, &spoilt{key: key}},
		"another row":            {func(*testing.T, *bench) {}, row, &spoilt{key: key, row: json.RawMessage(`"z"`)}},
		"a row of a later epoch": {appended(projection.AppendRow{Key: key, Epoch: 7, Row: json.RawMessage(`"z"`)}), row, nil},
		"a row of no event": {
			appended(projection.AppendRow{
				Key: projection.AppendKey("all", note("c"), 1, 77), Epoch: 9, Row: json.RawMessage(`"z"`),
			}),
			"row all|0000000000000000001~00077|Note#c is stored, but no event makes it", nil,
		},
		"an own row of no event": {func(t *testing.T, b *bench) {
			t.Helper()
			at := b.at(t, 1, "c")
			stray := projection.Write{
				Kind: projection.Put,
				Key:  projection.OwnKey(note("c"), projection.Key{Partition: "stray", Sort: "a|b"}),
				Row:  json.RawMessage(`1`),
			}
			if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: note("c"), Prev: at, Next: at}},
				[]projection.Write{stray}); err != nil {
				t.Fatal(err)
			}
		}, "row stray|a|b|Note#c is stored, but no event makes it", nil},
		"a row beyond its stream": {
			appended(projection.AppendRow{Key: projection.AppendKey("all", note("c"), 90, 0), Row: json.RawMessage(`"z"`)}),
			"", nil,
		},
		"a row of no stream": {
			appended(projection.AppendRow{Key: projection.AppendKey("all", note("none"), 1, 0), Row: json.RawMessage(`"z"`)}),
			"", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, e := ledgers(t)
				test.spoil(t, b)
				if test.row != nil {
					test.row.View = b.view
					e = b.engineOn(b.store, test.row, b.catalog, projection.Config{}, ledgerOf(1, "T"))
				}
				cfg := projection.RebuildConfig{Segments: 2, VerifySample: 1000, Log: slog.New(slog.DiscardHandler)}
				_, err := projection.NewRebuilder(e, b.store, cfg).Verify(t.Context(), "log", 1)
				var found *projection.VerificationError
				switch {
				case test.says == "" && err == nil:
				case test.says == "" || !errors.As(err, &found) || found.Count != 1 || !strings.Contains(err.Error(), test.says):
					t.Errorf("verify: %v, want one difference with %q", err, test.says)
				}
			})
		})
	}
}

// spoilt shows one appended row differently than it is stored, or not at all.
type spoilt struct {
	projection.View
	key projection.Key
	row json.RawMessage
}

func (v spoilt) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	rows, err := v.View.Rows(ctx, g, keys...)
	at := projection.RowKey{Key: v.key, Kind: projection.AppendedRow}
	row, there := rows[at]
	switch {
	case there && v.row == nil:
		delete(rows, at)
	case there:
		row.Row = v.row
		rows[at] = row
	}
	return rows, err
}

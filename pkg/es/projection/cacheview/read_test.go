package cacheview_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestOrder: keys of any bytes are listed in the order of their bytes, in their own partition, in both directions and
// from any place on.
func TestOrder(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	rng := rand.New(rand.NewPCG(1, 3))
	text := func() string {
		out := make([]byte, 1+rng.IntN(3))
		for i := range out {
			out[i] = []byte("\x00\x01:;a|\xff")[rng.IntN(7)]
		}
		return string(out)
	}
	partitions := []string{"a", "a:", "a\x00", "\x00\x00", "1:a:"}
	placed := map[string]map[string]bool{}
	var moves []projection.CheckpointUpdate
	var rows []projection.Write
	for _, p := range partitions {
		placed[p] = map[string]bool{}
		for range 60 {
			key := projection.Key{Partition: p, Sort: text()}
			if placed[p][key.Sort] {
				continue
			}
			placed[p][key.Sort] = true
			moves = append(moves, projection.CheckpointUpdate{
				Stream: visitID(fmt.Sprint(len(moves), "\x00\x00|:\x00")),
				Next:   projection.Checkpoint{Version: 1, Slots: []projection.Slot{{}, {Key: key, Row: []byte(`1`)}}},
			})
			rows = append(rows, projection.Write{
				Kind: projection.Add, Key: key, Counters: map[string]projection.Number{key.Sort: projection.Int(1)},
			})
		}
	}
	if err := c.Save(t.Context(), gen, moves, rows); err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		for range 20 {
			l := projection.Listing{
				Kind: projection.SharedRow, Partition: p, Descending: rng.IntN(2) == 0, PageSize: 1 + rng.IntN(9),
			}
			if rng.IntN(3) > 0 {
				l.After = text()
			}
			if rng.IntN(2) == 0 {
				l.Kind, l.Slot = projection.IndexedRow, 1
			}
			var want, got []string
			for sort := range placed[p] {
				if l.After == "" || l.Descending && sort < l.After || !l.Descending && sort > l.After {
					want = append(want, sort)
				}
			}
			slices.SortFunc(want, func(a, b string) int {
				if l.Descending {
					a, b = b, a
				}
				return cmp.Compare(a, b)
			})
			for row, err := range c.List(t.Context(), gen, l) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row.Key.Sort)
				_, counted := row.Counters[row.Key.Sort]
				ofStream := row.Stream != es.StreamID{}
				if row.Key.Partition != p || counted != (l.Kind == projection.SharedRow) || counted == ofStream {
					t.Errorf("%+v has %+v", l, row)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %q, want %q", l, got, want)
			}
		}
	}
}

// TestManyPages: everything is there once, however many pages it takes.
func TestManyPages(t *testing.T) {
	t.Parallel()
	const many = 501 // two pages and one
	c := prepared(t)
	var moves []projection.CheckpointUpdate
	var rows []projection.Write
	var streams []es.StreamID
	var keys []projection.RowKey
	for i := range many {
		id := fmt.Sprintf("%03d", i)
		streams = append(streams, visitID(id))
		moves = append(moves, projection.CheckpointUpdate{Stream: visitID(id), Next: at(id, 1)})
		row := projection.Write{
			Kind: projection.Add, Key: projection.Key{Partition: id, Sort: "x"},
			Counters: map[string]projection.Number{"n": projection.Int(1)},
		}
		rows = append(rows, row)
		keys = append(keys, projection.RowKey{Key: row.Key, Kind: projection.SharedRow})
	}
	for page := range slices.Chunk(rows, c.MaxWrites()-many) {
		if err := c.Save(t.Context(), gen, moves, page); err != nil {
			t.Fatal(err)
		}
		for i := range moves {
			moves[i].Prev = moves[i].Next
		}
	}
	for _, s := range streams {
		if err := c.Park(t.Context(), gen, s, at(s.ID, 1), projection.Parked{Version: 2}); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]map[string]int{"listed": {}, "parked": {}, "keys": {}}
	for row, err := range c.List(t.Context(), gen, projection.Listing{Kind: projection.IndexedRow, Partition: "all"}) {
		if err != nil {
			t.Fatal(err)
		}
		found["listed"][row.Stream.ID]++
	}
	for p, err := range c.Parked(t.Context(), gen) {
		if err != nil {
			t.Fatal(err)
		}
		found["parked"][p.Stream.ID]++
	}
	for key, err := range c.Keys(t.Context(), gen) {
		if err != nil {
			t.Fatal(err)
		}
		found["keys"][key.Partition]++
	}
	for what, times := range found {
		if len(times) != many {
			t.Errorf("%d %s, want %d", len(times), what, many)
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("%s: %s comes %d times", what, id, n)
			}
		}
	}
	all, err := c.Checkpoints(t.Context(), gen, streams...)
	if err != nil || len(all) != many || all[visitID("500")].Parked == nil {
		t.Errorf("%d checkpoints, %v, want %d that are parked", len(all), err, many)
	}
	counters, err := c.Rows(t.Context(), gen, keys...)
	if err != nil || len(counters) != many {
		t.Errorf("%d rows, %v, want %d", len(counters), err, many)
	}
}

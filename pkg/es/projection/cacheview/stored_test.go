package cacheview_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestStoredForm: what is stored is read by later code, so its form stays.
func TestStoredForm(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	place := func(partition, row string) projection.Slot {
		return projection.Slot{Key: projection.Key{Partition: partition, Sort: "ü\x00"}, Row: []byte(row)}
	}
	first := projection.Checkpoint{
		Version: 7, RowsWritten: 2, Hash: []byte{1, 2, 3}, At: time.UnixMicro(1_790_000_000_000_001).UTC(),
		Owner: `ann "x"`, Behind: true, Rises: []projection.Rise{{From: 1, Epoch: 1}, {From: 5, Epoch: 3}}, Appended: 4,
		State: []byte(`{"room":"blue"}`), Slots: []projection.Slot{place("all", `"a"`), place("of/ann", "")},
	}
	n, err := projection.Decimal("-1.50")
	if err != nil {
		t.Fatal(err)
	}
	rows := []projection.Write{add(projection.Int(2)), {
		Kind: projection.Add, Key: projection.Key{Partition: "rooms", Sort: "red"},
		Counters: map[string]projection.Number{"n": n},
	}}
	move := []projection.CheckpointUpdate{{Stream: visitID("a"), Next: first}}
	if err := c.Save(t.Context(), gen, move, rows); err != nil {
		t.Fatal(err)
	}
	why := projection.Parked{
		Reason: projection.Failed, Error: "poison", Version: 1, At: time.Unix(0, 0).UTC(), Code: "v1",
	}
	parked := c.Park(t.Context(), gen, visitID("b"), projection.Checkpoint{}, why)
	if err := errors.Join(parked, c.Seen(t.Context(), gen, visitID("b"), 9)); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"documents": {
			"Visit#a": "7 2 3 01\nAQID 1790000000000001 b 4 1:1,5:3 \"ann \\\"x\\\"\"\n{\"room\":\"blue\"}",
			"Visit#b": "0 0 1 p\n   0 1:1 \"\"\n",
		},
		"parked": {
			"Visit#b": `9 {"reason":"failed","error":"poison","version":1,"at":"1970-01-01T00:00:00Z","code":"v1"}`,
		},
		"list0":    {"Visit#a": "19:3:all:ü\x00\x01\x00\x00Visit#a\"a\""},
		"list1":    {"Visit#a": "22:6:of/ann:ü\x00\x01\x00\x00Visit#a"},
		"counters": {"5:rooms:blue\x00\x00": "1:n1:2", "5:rooms:red\x00\x00": "1:n4:-1.5"},
	}
	orders := map[string][]string{
		"parked": {"Visit#b"}, "list0": {"3:all:ü\x00\x01\x00\x00Visit#a"},
		"list1":    {"6:of/ann:ü\x00\x01\x00\x00Visit#a"},
		"counters": slices.Sorted(maps.Keys(want["counters"])),
	}
	for hash, fields := range want {
		fields[""] = "" // the placeholder
		got, err := c.client.HGetAll(t.Context(), "annals:{visits:1}:"+hash).Result()
		if diff := cmp.Diff(fields, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", hash, err, diff)
		}
	}
	for of, members := range orders {
		got, err := c.client.ZRange(t.Context(), "annals:{visits:1}:"+of+".order", 0, -1).Result()
		if diff := cmp.Diff(append([]string{""}, members...), got); err != nil || diff != "" {
			t.Errorf("%s.order: %v (-want +got):\n%s", of, err, diff)
		}
	}
}

// TestNothingIsLeft: of a document that has left a list, and of a stream that is parked no longer, nothing is left.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	cp := at("a", 1)
	save := func(prev, next projection.Checkpoint) {
		t.Helper()
		move := []projection.CheckpointUpdate{{Stream: visitID("a"), Prev: prev, Next: next}}
		if err := c.Save(t.Context(), gen, move, nil); err != nil {
			t.Fatal(err)
		}
	}
	save(projection.Checkpoint{}, cp)
	why := projection.Parked{Version: 2}
	if err := c.Park(t.Context(), gen, visitID("a"), cp, why); err != nil {
		t.Fatal(err)
	}
	parked := cp.Raised(2)
	parked.Parked = &why
	save(parked, projection.Checkpoint{Version: 2, Rises: parked.Rises})
	for _, hash := range []string{"list0", "parked"} {
		key := "annals:{visits:1}:" + hash
		values, err1 := c.client.HLen(t.Context(), key).Result()
		members, err2 := c.client.ZCard(t.Context(), key+".order").Result()
		if err := errors.Join(err1, err2); err != nil || values != 1 || members != 1 {
			t.Errorf("%s has %d values, its order %d members, %v, want the placeholders", hash, values, members, err)
		}
	}
}

// TestMalformed: a stored value that can't be read is an error that names its stream or row.
func TestMalformed(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	c.fill(t)
	set := func(hash, field, value string) {
		t.Helper()
		if err := c.client.HSet(t.Context(), "annals:{visits:1}:"+hash, field, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	want := func(stored string, err error) {
		t.Helper()
		if err == nil || errors.Is(err, es.ErrUnavailable) {
			t.Errorf("read %q: %v, want an error that is no outage", stored, err)
		}
	}
	const line = "\n   0  \"\"\n"
	for _, stored := range []string{
		"", "x", "1 0 0 ", "1 0 0 \n", "x 0 0 " + line, "1 x 0 " + line, "1 0 0 2" + line, "1 0 0 00" + line,
		"1 0 0 1" + line, "1 0 0 \n!   0  \"\"\n", "1 0 0 \n x  0  \"\"\n", "1 0 0 \n   x  \"\"\n",
		"1 0 0 \n   0 1 \"\"\n", "1 0 0 \n   0  ann\n",
	} {
		set("documents", "Visit#a", stored)
		_, err := c.Checkpoints(t.Context(), gen, visitID("a"))
		want(stored, err)
	}
	set("documents", "Visit#a", "1 0 0 0"+line)
	for _, stored := range []string{
		"", "x", "9:x", "-1:", "1:x", "3:1:a", "5:1:a:b", "8:1:a:b\x00\x00c1", "12:1:a:b\x00\x00no id",
	} {
		set("list0", "Visit#a", stored)
		_, err := c.Checkpoints(t.Context(), gen, visitID("a"))
		want(stored, err)
	}
	row := add(projection.Int(1)).Key
	for _, stored := range []string{"x", "1:n", "1:n1:x", "9:n"} {
		set("counters", "5:rooms:blue\x00\x00", stored)
		_, err := c.Rows(t.Context(), gen, projection.RowKey{Key: row, Kind: projection.SharedRow})
		want(stored, err)
		l := projection.Listing{Kind: projection.SharedRow, Partition: row.Partition}
		for _, err := range c.List(t.Context(), gen, l) {
			want(stored, err)
		}
	}
	for _, stored := range []string{"", "x {}", "1", "1 x"} {
		set("parked", "Visit#p", stored)
		_, err := c.Checkpoints(t.Context(), gen, visitID("p"))
		want(stored, err)
		for _, err := range c.Parked(t.Context(), gen) {
			want(stored, err)
		}
	}
}

package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// RunSnapshots tests that a snapshot store keeps the contract of [es.SnapshotStore]. Its tests run in parallel, each on
// an empty store.
func RunSnapshots(t *testing.T, open func(t *testing.T) es.SnapshotStore) {
	for name, test := range map[string]func(*testing.T, es.SnapshotStore){
		"none":                          noSnapshot,
		"round trip":                    snapshotRoundTrip,
		"an older one does not replace": olderSnapshot,
		"another schema replaces":       otherSchema,
		"a forgotten one stays away":    forgottenSnapshot,
		"after another one":             snapshotAfter,
		"streams apart":                 snapshotsApart,
		"blocks of commands":            blocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func snapshotOf(s es.StreamID, version int64, schema int) es.Snapshot {
	return es.Snapshot{
		At: es.StreamVersion{Stream: s, Version: version - 1}, Hash: []byte("hash"), Version: version, Schema: schema,
		State:    json.RawMessage(`{"balance":"5.00"}`),
		Commands: commandsOf(2),
		Blocks:   []es.CommandBlock{blockOf("h", 1)},
	}
}

// commandsOf returns commands whose commits start at these versions.
func commandsOf(versions ...int64) (all []es.KnownCommand) {
	for _, v := range versions {
		at := time.Date(2026, 1, 31, 12, 0, 0, int(v)*1000, time.UTC)
		all = append(all, es.KnownCommand{Digest: storekit.CommandDigest(fmt.Sprint(v)), Version: v, At: at})
	}
	return all
}

// blockOf returns the block of the commands at these versions, in the history with this hash.
func blockOf(hash string, versions ...int64) es.CommandBlock {
	commands := commandsOf(versions...)
	last := commands[len(commands)-1]
	return es.CommandBlock{
		First: versions[0], Last: last.Version, Hash: []byte(hash), At: last.At, Commands: len(commands),
		Expires: last.At.Add(time.Hour),
	}
}

// blocks: any number of saved blocks is returned, separately for each stream and history.
func blocks(t *testing.T, store es.SnapshotStore) {
	var all []es.CommandBlock
	var want [][]es.KnownCommand
	for i := range int64(150) {
		b := blockOf("h", 3*i+1, 3*i+2, 3*i+3)
		want = append(want, commandsOf(3*i+1, 3*i+2, 3*i+3))
		all = append(all, b)
		for range 2 { // saving again changes nothing
			if err := store.SaveCommands(t.Context(), stream, b, want[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	own, otherHistory := commandsOf(2), commandsOf(3)
	if err := store.SaveCommands(t.Context(), other, all[0], own); err != nil {
		t.Fatal(err)
	}
	changed := all[0]
	changed.Hash = []byte("another")
	if err := store.SaveCommands(t.Context(), stream, changed, otherHistory); err != nil {
		t.Fatal(err)
	}
	wantCommands(t, store, stream, all, want)
	wantCommands(t, store, other, all[:1], [][]es.KnownCommand{own})
	wantCommands(t, store, stream, []es.CommandBlock{changed, all[0]}, [][]es.KnownCommand{otherHistory, want[0]})
	wantCommands(t, store, stream, nil, [][]es.KnownCommand{})
	if got, err := store.LoadCommands(t.Context(), stream, all[0], blockOf("h", 1)); !errors.Is(err, es.ErrNoBlock) {
		t.Errorf("a block that was never saved: %v, %v", got, err)
	}
	if got, err := store.LoadSnapshot(t.Context(), stream); got != nil || err != nil {
		t.Errorf("snapshot of a stream with blocks only: %+v, %v", got, err)
	}
}

func wantCommands(
	t *testing.T, store es.SnapshotStore, s es.StreamID, blocks []es.CommandBlock, want [][]es.KnownCommand,
) {
	t.Helper()
	got, err := store.LoadCommands(t.Context(), s, blocks...)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("load commands of %s: %v (-want +got):\n%s", s, err, diff)
	}
}

func keep(t *testing.T, store es.SnapshotStore, all ...es.Snapshot) {
	t.Helper()
	for _, s := range all {
		if err := store.SaveSnapshot(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func wantSnapshot(t *testing.T, store es.SnapshotStore, want es.Snapshot) {
	t.Helper()
	got, err := store.LoadSnapshot(t.Context(), want.At.Stream)
	if diff := cmp.Diff(&want, got); err != nil || diff != "" {
		t.Errorf("load snapshot of %s: %v (-want +got):\n%s", want.At.Stream, err, diff)
	}
}

func noSnapshot(t *testing.T, store es.SnapshotStore) {
	if got, err := store.LoadSnapshot(t.Context(), stream); got != nil || err != nil {
		t.Errorf("load a snapshot that does not exist: %+v, %v", got, err)
	}
}

func snapshotRoundTrip(t *testing.T, store es.SnapshotStore) {
	bare := snapshotOf(other, 1, 1)
	bare.Commands, bare.Blocks = nil, nil
	keep(t, store, snapshotOf(stream, 10, 1), bare)
	wantSnapshot(t, store, snapshotOf(stream, 10, 1))
	wantSnapshot(t, store, bare)
}

func olderSnapshot(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 10, 1), snapshotOf(stream, 30, 1), snapshotOf(stream, 20, 1))
	wantSnapshot(t, store, snapshotOf(stream, 30, 1))
}

// otherSchema: a snapshot of another schema is replaced by one of the same version, because this code cannot use it. An
// older one does not replace it: streams only grow, so it comes from a process that was halted.
func otherSchema(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 30, 1), snapshotOf(stream, 20, 2))
	wantSnapshot(t, store, snapshotOf(stream, 30, 1))
	keep(t, store, snapshotOf(stream, 30, 2))
	wantSnapshot(t, store, snapshotOf(stream, 30, 2))
}

// snapshotAfter: a snapshot that was folded from another one is saved only if that one is still stored.
func snapshotAfter(t *testing.T, store es.SnapshotStore) {
	after := func(version, after int64) es.Snapshot {
		s := snapshotOf(stream, version, 1)
		s.After = after
		return s
	}
	keep(t, store, after(5, 4)) // which does not exist
	noSnapshot(t, store)
	keep(t, store, snapshotOf(stream, 10, 1), after(20, 10), after(30, 10), after(15, 20))
	wantSnapshot(t, store, snapshotOf(stream, 20, 1))
	if err := store.ForgetSnapshot(t.Context(), stream, 25); err != nil {
		t.Fatal(err)
	}
	keep(t, store, after(40, 20))
	noSnapshot(t, store)
	keep(t, store, snapshotOf(stream, 40, 1))
	wantSnapshot(t, store, snapshotOf(stream, 40, 1))
}

// forgottenSnapshot: after a snapshot was forgotten, none of its version or an older one comes back, by any schema. A
// later one does, and forgetting that one lets none of its version come back either.
func forgottenSnapshot(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 30, 1), snapshotOf(other, 30, 1))
	for _, version := range []int64{30, 40} {
		if err := store.ForgetSnapshot(t.Context(), stream, version); err != nil {
			t.Fatalf("forget the snapshot of version %d: %v", version, err)
		}
		keep(t, store, snapshotOf(stream, version, 1), snapshotOf(stream, version, 2), snapshotOf(stream, version-1, 3))
		if got, err := store.LoadSnapshot(t.Context(), stream); got != nil || err != nil {
			t.Errorf("load the snapshot that was forgotten at version %d: %+v, %v, want none", version, got, err)
		}
		keep(t, store, snapshotOf(stream, version+1, 2))
		wantSnapshot(t, store, snapshotOf(stream, version+1, 2))
	}
	wantSnapshot(t, store, snapshotOf(other, 30, 1))
	if err := store.ForgetSnapshot(t.Context(), es.StreamID{Type: "Account", ID: "none"}, 1); err != nil {
		t.Errorf("forget a snapshot that does not exist: %v", err)
	}
}

func snapshotsApart(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 10, 1), snapshotOf(other, 5, 1))
	wantSnapshot(t, store, snapshotOf(stream, 10, 1))
	wantSnapshot(t, store, snapshotOf(other, 5, 1))
}

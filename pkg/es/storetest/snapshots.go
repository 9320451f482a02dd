package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// RunSnapshots runs the contract of a snapshot store, each test in parallel on an empty one.
func RunSnapshots(t *testing.T, open func(t *testing.T) es.SnapshotStore) {
	for name, test := range map[string]func(*testing.T, es.SnapshotStore){
		"none":                           noSnapshot,
		"round trip":                     snapshotRoundTrip,
		"an older one does not replace":  olderSnapshot,
		"another schema always replaces": otherSchema,
		"streams apart":                  snapshotsApart,
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
		State: json.RawMessage(`{"balance":"5.00"}`),
		Commands: []es.KnownCommand{{
			CommandRef: es.CommandRef{ID: "c", Fingerprint: "f"}, Version: 2, At: time.Date(2026, 1, 31, 12, 0, 0, 1000, time.UTC),
		}},
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
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func noSnapshot(t *testing.T, store es.SnapshotStore) {
	if got, err := store.LoadSnapshot(t.Context(), stream); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func snapshotRoundTrip(t *testing.T, store es.SnapshotStore) {
	bare := snapshotOf(other, 1, 1)
	bare.Commands = nil
	keep(t, store, snapshotOf(stream, 10, 1), bare)
	wantSnapshot(t, store, snapshotOf(stream, 10, 1))
	wantSnapshot(t, store, bare)
}

func olderSnapshot(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 10, 1), snapshotOf(stream, 30, 1), snapshotOf(stream, 20, 1))
	wantSnapshot(t, store, snapshotOf(stream, 30, 1))
}

// otherSchema: what this code can't use does not stand in the way of what it can, whichever is newer.
func otherSchema(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 30, 1), snapshotOf(stream, 20, 2))
	wantSnapshot(t, store, snapshotOf(stream, 20, 2))
}

func snapshotsApart(t *testing.T, store es.SnapshotStore) {
	keep(t, store, snapshotOf(stream, 10, 1), snapshotOf(other, 5, 1))
	wantSnapshot(t, store, snapshotOf(stream, 10, 1))
	wantSnapshot(t, store, snapshotOf(other, 5, 1))
}

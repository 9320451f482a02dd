package dynamostore_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

var update = flag.Bool("update-stored", false, "write the files in testdata/stored instead of comparing them")

var goldenTime = time.Date(2026, 1, 31, 12, 0, 0, 250_000_000, time.UTC)

// TestEventsAreStoredAs: golden files of a commit with all attributes, a minimal one, one of a transaction, and a
// compressed one.
func TestEventsAreStoredAs(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.EventsTable)
	now := goldenTime
	store, err := dynamostore.New(client, table, dynamostore.Config{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	meta := es.Meta{
		CorrelationID: "req-1", CausationID: "cause-1", Actor: "zoë", OccurredAt: goldenTime.Add(-time.Minute),
		Extra: map[string]string{"channel": "app", "tenant": "t1"},
	}
	raw := func(data string) es.RawEvent {
		return es.RawEvent{Type: "Noted", Schema: 2, Data: json.RawMessage(data)}
	}
	heads := map[es.StreamID]es.Head{}
	write := func(id string, meta es.Meta, cmd es.CommandRef, events []es.RawEvent, streams ...es.StreamID) {
		t.Helper()
		a := es.Append{ID: id, Meta: meta, Command: cmd}
		for _, stream := range streams {
			head, known := heads[stream]
			if !known {
				head = store.Empty(stream)
			}
			a.Writes = append(a.Writes, es.Write{Head: head, Events: events})
		}
		written, err := store.Append(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		for i, stream := range streams {
			heads[stream] = written[i].Head
		}
		now = now.Add(time.Second)
	}
	whole, bare := es.StreamID{Type: "Account", ID: "größe #1"}, es.StreamID{Type: "Account", ID: "bare"}
	two := []es.RawEvent{raw(`{"text":"<é>"}`), {Type: "Renoted", Schema: 1, Data: json.RawMessage(`{}`)}}
	write("append-1", meta, es.CommandRef{ID: "cmd-1", Fingerprint: "f00d"}, two, whole)
	write("append-2", es.Meta{}, es.CommandRef{}, []es.RawEvent{raw(`1.50`)}, bare)
	write("append-3", es.Meta{}, es.CommandRef{ID: "cmd-3"}, []es.RawEvent{raw(`null`)}, whole, bare)
	long := raw(`"` + strings.Repeat("all the same ", 200) + `"`)
	write("append-4", es.Meta{}, es.CommandRef{}, []es.RawEvent{long, raw(`{}`)}, bare)
	dynamotest.Golden(t, client, table, dynamotest.GoldenConfig{Name: "events", Update: *update})
}

// TestSnapshotsAreStoredAs: golden files of a snapshot with recent commands and a block, one without commands, and the
// block.
func TestSnapshotsAreStoredAs(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	snapshots := dynamostore.NewSnapshots(client, table)
	hash := func(of byte) []byte { return bytes.Repeat([]byte{of}, 32) }
	commands := []es.KnownCommand{
		{Digest: storekit.CommandDigest("cmd-1"), Version: 1, At: goldenTime},
		{Digest: storekit.CommandDigest("cmd-2"), Version: 3, At: goldenTime.Add(time.Second)},
	}
	block := es.CommandBlock{
		First: 1, Last: 3, Hash: hash(1), At: goldenTime.Add(time.Second), Commands: 2,
		Expires: goldenTime.Add(49 * time.Hour),
	}
	full := es.Snapshot{
		At: es.StreamVersion{Stream: acc1, Version: 6}, Hash: hash(2), Version: 7, Schema: 2,
		State:    json.RawMessage(`{"balance":"5.00"}`),
		Commands: []es.KnownCommand{{Digest: storekit.CommandDigest("cmd-3"), Version: 6, At: goldenTime.Add(time.Hour)}},
		Blocks:   []es.CommandBlock{block},
	}
	plain := es.Snapshot{
		At: es.StreamVersion{Stream: acc2, Version: 1}, Hash: hash(3), Version: 1, Schema: 1, State: json.RawMessage(`{}`),
	}
	for _, err := range []error{
		snapshots.SaveSnapshot(t.Context(), full), snapshots.SaveSnapshot(t.Context(), plain),
		snapshots.SaveCommands(t.Context(), acc1, block, commands),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dynamotest.Golden(t, client, table, dynamotest.GoldenConfig{Name: "snapshots", Update: *update})
}

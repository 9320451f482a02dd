package dynamostore_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/storetest"
)

func snapshot(version int64) es.Snapshot {
	return es.Snapshot{
		At: es.StreamVersion{Stream: acc1, Version: version - 1}, Hash: []byte("hash"), Version: version, Schema: 1,
		State: json.RawMessage(`{"balance":"5.00"}`),
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	storetest.RunSnapshots(t, func(t *testing.T) es.SnapshotStore {
		t.Helper()
		client := dynamotest.Client(t)
		return dynamostore.NewSnapshots(client, dynamotest.Table(t, client, dynamostore.SnapshotsTable))
	})
}

func TestSnapshotLimits(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	snapshots := dynamostore.NewSnapshots(client, table)
	ctx := t.Context()
	large := snapshot(40)
	large.State = json.RawMessage(`"` + noise(1_000_000) + `"`)
	if err := snapshots.SaveSnapshot(ctx, large); !errors.As(err, new(*es.LimitError)) {
		t.Errorf("too large a state: %v", err)
	}
	full := snapshot(30)
	full.Version = 50
	for i := range storekit.CommandsPerBlock - 1 {
		full.Commands = append(full.Commands, es.KnownCommand{
			Digest: storekit.CommandDigest(noise(22)), Version: int64(i), At: time.Now(),
		})
	}
	for i := range 400 { // 100,000 commands in blocks, and some recent ones
		full.Blocks = append(full.Blocks, es.CommandBlock{
			First: int64(i), Last: int64(i), Hash: []byte(noise(32)), At: time.Now(), Commands: storekit.CommandsPerBlock,
			Expires: time.Now(),
		})
	}
	if err := snapshots.SaveSnapshot(ctx, full); err != nil {
		t.Errorf("save the maximum number of commands: %v", err)
	}
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &table, Item: dynamostore.Item{"stream": text(acc2.String()), "hash": text("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := snapshots.LoadSnapshot(ctx, acc2); err == nil || !strings.Contains(err.Error(), acc2.String()) {
		t.Errorf("load an unreadable snapshot: %+v, %v, want an error that names the stream", got, err)
	}
}

var noises int

// noise returns text that hardly compresses, different each time.
func noise(n int) string {
	var out strings.Builder
	for out.Len() < n {
		noises++
		sum := sha256.Sum256([]byte(fmt.Sprint(noises)))
		out.WriteString(hex.EncodeToString(sum[:]))
	}
	return out.String()[:n]
}

// TestEarlierSnapshot: a snapshot of the older format, without blocks, is read with its commands.
func TestEarlierSnapshot(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	item := dynamostore.Item{
		"stream": text(acc1.String()), "commit": numeral("7"), "version": numeral("8"), "schema": numeral("1"),
		"hash": &types.AttributeValueMemberB{Value: []byte("hash")},
		// {"state":{"balance":"5.00"},"commands":[{"id":"c","fingerprint":"f","version":2,"at":"2026-01-31T12:00:00Z"}]}
		"data": &types.AttributeValueMemberB{Value: earlierSnapshot(t)},
	}
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
		t.Fatal(err)
	}
	got, err := dynamostore.NewSnapshots(client, table).LoadSnapshot(t.Context(), acc1)
	want := es.Snapshot{
		At: es.StreamVersion{Stream: acc1, Version: 7}, Hash: []byte("hash"), Version: 8, Schema: 1,
		State: json.RawMessage(`{"balance":"5.00"}`),
		Commands: []es.KnownCommand{{
			Digest: storekit.CommandDigest("c"), Version: 2, At: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
		}},
	}
	if diff := cmp.Diff(&want, got); err != nil || diff != "" {
		t.Errorf("load the snapshot: %v (-want +got):\n%s", err, diff)
	}
}

func numeral(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

// earlierSnapshot is the golden file of the older snapshot format.
func earlierSnapshot(t *testing.T) []byte {
	t.Helper()
	packed, err := os.ReadFile("testdata/earlier-snapshot.zst")
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// TestUnreadableBlock: a block that cannot be read counts as missing.
func TestUnreadableBlock(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	snapshots := dynamostore.NewSnapshots(client, table)
	block := es.CommandBlock{First: 1, Last: 1, Hash: []byte("h"), At: time.Now(), Commands: 1, Expires: time.Now()}
	if err := snapshots.SaveCommands(t.Context(), acc1, block, []es.KnownCommand{{
		Version: 1, At: time.Now(),
	}}); err != nil {
		t.Fatal(err)
	}
	found, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(found.Items) != 1 {
		t.Fatal(found, err)
	}
	for _, data := range [][]byte{
		[]byte("x"), {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x09, 0x00, 0x00, 0x78, 0x99, 0xe9, 0xd8, 0x51},
	} {
		found.Items[0]["data"] = &types.AttributeValueMemberB{Value: data}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &table, Item: found.Items[0],
		}); err != nil {
			t.Fatal(err)
		}
		if got, err := snapshots.LoadCommands(t.Context(), acc1, block); !errors.Is(err, es.ErrNoBlock) {
			t.Errorf("load a block of the bytes %x: %v, %v, want ErrNoBlock", data, got, err)
		}
	}
}

// TestMarksOfForgottenSnapshots: a forgotten snapshot has no hash to compare with its stream.
func TestMarksOfForgottenSnapshots(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	snapshots := dynamostore.NewSnapshots(client, dynamotest.Table(t, client, dynamostore.SnapshotsTable))
	if err := snapshots.SaveSnapshot(t.Context(), snapshot(4)); err != nil {
		t.Fatal(err)
	}
	marks := func() (n int) {
		t.Helper()
		for _, err := range snapshots.Marks(t.Context(), client) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if n := marks(); n != 1 {
		t.Errorf("%d marks of a snapshot, want 1", n)
	}
	if err := snapshots.ForgetSnapshot(t.Context(), acc1, 4); err != nil {
		t.Fatal(err)
	}
	if n := marks(); n != 0 {
		t.Errorf("%d marks of a forgotten snapshot, want none", n)
	}
}

package dynamostore_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/dynamolocal/dynamotest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/storetest"
)

func snapshot(version int64) es.Snapshot {
	return es.Snapshot{
		At: es.StreamVersion{Stream: acc1, Version: version - 1}, Hash: []byte("hash"), Version: version, Schema: 1,
		State:    json.RawMessage(`{"balance":"5.00"}`),
		Commands: []es.KnownCommand{{CommandRef: es.CommandRef{ID: "c", Fingerprint: "f"}, Version: 2, At: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}},
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
	full.Version, full.Commands = 50, nil
	for i := range es.MaxSnapshotCommands {
		full.Commands = append(full.Commands, es.KnownCommand{
			CommandRef: es.CommandRef{ID: noise(22), Fingerprint: noise(22)}, Version: int64(i), At: time.Now(),
		})
	}
	if err := snapshots.SaveSnapshot(ctx, full); err != nil {
		t.Errorf("as many commands as a snapshot may carry: %v", err)
	}
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: dynamostore.Item{"stream": text(acc2.String()), "hash": text("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := snapshots.LoadSnapshot(ctx, acc2); err == nil || !strings.Contains(err.Error(), acc2.String()) {
		t.Errorf("unreadable: %+v, %v", got, err)
	}
}

var noises int

// noise returns text that can't be compressed to much less, another each time.
func noise(n int) string {
	var out strings.Builder
	for out.Len() < n {
		noises++
		sum := sha256.Sum256([]byte(fmt.Sprint(noises)))
		out.WriteString(hex.EncodeToString(sum[:]))
	}
	return out.String()[:n]
}

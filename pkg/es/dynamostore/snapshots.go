package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

// SnapshotsTable describes the snapshots' table: one item per stream, its latest snapshot, and one item per block of
// commands.
var SnapshotsTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "stream", Type: dynamotable.String}, TimeToLive: "expires",
}

// SnapshotClient is the part of the DynamoDB client that snapshots use.
type SnapshotClient interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(
		context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options),
	) (*dynamodb.BatchGetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Snapshots stores compressed snapshots in a table with the key of [SnapshotsTable].
type Snapshots struct {
	client SnapshotClient
	table  string
}

var _ es.SnapshotStore = (*Snapshots)(nil)

// NewSnapshots returns the snapshot store on a table.
func NewSnapshots(client SnapshotClient, table string) *Snapshots {
	return &Snapshots{client: client, table: table}
}

// kept is the content of a snapshot's compressed attribute.
type kept struct {
	State json.RawMessage `json:"state"`
	// Recent holds the commands that are in no block, packed by packCommands.
	Recent []byte      `json:"recent,omitempty"`
	Blocks []keptBlock `json:"blocks,omitempty"`
	// Commands holds all commands in snapshots of an older format, which had no blocks. It is read but not written.
	Commands []struct {
		ID      string    `json:"id"`
		Version int64     `json:"version"`
		At      time.Time `json:"at"`
	} `json:"commands,omitempty"`
}

type keptBlock struct {
	First    int64     `json:"first"`
	Last     int64     `json:"last"`
	Hash     []byte    `json:"hash"`
	At       time.Time `json:"at"`
	Commands int       `json:"commands"`
	Expires  time.Time `json:"expires"`
}

// known sets the snapshot's commands and blocks.
func (k *kept) known(s *es.Snapshot) (err error) {
	if s.Commands, err = unpackCommands(k.Recent); err != nil {
		return err
	}
	for _, c := range k.Commands {
		s.Commands = append(s.Commands, es.KnownCommand{Digest: storekit.CommandDigest(c.ID), Version: c.Version, At: c.At})
	}
	for _, b := range k.Blocks {
		s.Blocks = append(s.Blocks, es.CommandBlock(b))
	}
	return nil
}

// LoadSnapshot implements [es.SnapshotStore]. It reads eventually consistent, because an older snapshot is also valid.
func (sn *Snapshots) LoadSnapshot(ctx context.Context, stream es.StreamID) (*es.Snapshot, error) {
	out, err := sn.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &sn.table, Key: Item{"stream": s(stream.String())},
	})
	if err != nil {
		return nil, fmt.Errorf("load snapshot of %s: %w", stream, dynamofault.MarkUnavailable(err))
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	r := reader{item: out.Item}
	if forgotten(out.Item) {
		return nil, nil
	}
	snapshot := es.Snapshot{
		At:      es.StreamVersion{Stream: stream, Version: r.number("commit")},
		Hash:    r.bytes("hash"),
		Version: r.number("version"),
		Schema:  int(r.number("schema")),
	}
	var k kept
	data, err := unpacker().DecodeAll(r.bytes("data"), nil)
	if err == nil {
		err = json.Unmarshal(data, &k)
	}
	if err != nil {
		r.fail("data", err)
	}
	if r.err != nil {
		return nil, fmt.Errorf("load snapshot of %s: %w", stream, r.err)
	}
	snapshot.State = k.State
	if err := k.known(&snapshot); err != nil {
		return nil, fmt.Errorf("load snapshot of %s: %w", stream, err)
	}
	return &snapshot, nil
}

// snapshotOverhead is an upper bound of an item's size in bytes without its data and its stream's name.
const snapshotOverhead = 200

// SaveSnapshot implements [es.SnapshotStore].
func (sn *Snapshots) SaveSnapshot(ctx context.Context, snapshot es.Snapshot) error {
	k := kept{State: snapshot.State, Recent: packCommands(snapshot.Commands)}
	for _, b := range snapshot.Blocks {
		k.Blocks = append(k.Blocks, keptBlock(b))
	}
	data, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode snapshot of %s: %w", snapshot.At.Stream, err)
	}
	packed := packer().EncodeAll(data, nil)
	stream := snapshot.At.Stream.String()
	if size := snapshotOverhead + len(stream) + len(packed); size > storekit.MaxCommitBytes || len(data) > maxPayload {
		return &es.LimitError{
			Stream: snapshot.At.Stream, What: "bytes in a snapshot",
			Size: max(size, len(data)), Limit: storekit.MaxCommitBytes,
		}
	}
	condition := "attribute_not_exists(version) OR version < :v OR version = :v AND #schema <> :s"
	values := Item{":v": n(snapshot.Version), ":s": n(int64(snapshot.Schema))}
	if snapshot.After != 0 {
		condition, values[":after"] = "version = :after AND ("+condition+")", n(snapshot.After)
	}
	_, err = sn.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &sn.table,
		Item: Item{
			"stream": s(stream), "commit": n(snapshot.At.Version),
			"version": n(snapshot.Version), "schema": n(int64(snapshot.Schema)),
			"hash": &types.AttributeValueMemberB{Value: snapshot.Hash}, "data": &types.AttributeValueMemberB{Value: packed},
		},
		ConditionExpression:       &condition,
		ExpressionAttributeNames:  map[string]string{"#schema": "schema"},
		ExpressionAttributeValues: values,
	})
	var newer *types.ConditionalCheckFailedException
	if err == nil || errors.As(err, &newer) {
		return nil
	}
	return fmt.Errorf("save snapshot of %s: %w", stream, dynamofault.MarkUnavailable(err))
}

// forgottenSchema is the schema of an item that says that the snapshot was forgotten. No snapshot has it.
const forgottenSchema = 0

// forgotten reports whether an item says that the snapshot was forgotten.
func forgotten(item Item) bool {
	r := reader{item: item}
	_, whole := item["schema"]
	return whole && r.number("schema") == forgottenSchema && r.err == nil
}

// ForgetSnapshot implements [es.SnapshotStore]. It leaves an item of the next version without data.
func (sn *Snapshots) ForgetSnapshot(ctx context.Context, stream es.StreamID, version int64) error {
	_, err := sn.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &sn.table, Item: Item{"stream": s(stream.String()), "version": n(version + 1), "schema": n(forgottenSchema)},
	})
	if err != nil {
		return fmt.Errorf("forget snapshot of %s: %w", stream, dynamofault.MarkUnavailable(err))
	}
	return nil
}

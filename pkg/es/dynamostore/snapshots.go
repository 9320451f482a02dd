package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

// SnapshotsTable describes the table of snapshots: one item a stream, its latest.
var SnapshotsTable = dynamotable.Table{Partition: dynamotable.Key{Name: "stream", Type: dynamotable.String}}

// SnapshotClient is the part of the DynamoDB client that snapshots use.
type SnapshotClient interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Snapshots keeps snapshots in a table with the key of [SnapshotsTable], compressed.
type Snapshots struct {
	client SnapshotClient
	table  string
}

var _ es.SnapshotStore = (*Snapshots)(nil)

// NewSnapshots returns the snapshots in a table.
func NewSnapshots(client SnapshotClient, table string) *Snapshots {
	return &Snapshots{client: client, table: table}
}

// kept is what a snapshot's compressed attribute holds.
type kept struct {
	State    json.RawMessage   `json:"state"`
	Commands []es.KnownCommand `json:"commands"`
}

// LoadSnapshot implements [es.SnapshotStore], eventually consistent: an older snapshot does as well.
func (sn *Snapshots) LoadSnapshot(ctx context.Context, stream es.StreamID) (*es.Snapshot, error) {
	out, err := sn.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &sn.table, Key: Item{"stream": s(stream.String())}})
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", stream, dynamofault.Mark(err))
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	r := reader{item: out.Item}
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
		return nil, fmt.Errorf("snapshot of %s: %w", stream, r.err)
	}
	snapshot.State, snapshot.Commands = k.State, k.Commands
	return &snapshot, nil
}

// snapshotOverhead is more than a snapshot's item takes besides its data and its stream's name, in bytes.
const snapshotOverhead = 200

// SaveSnapshot implements [es.SnapshotStore].
func (sn *Snapshots) SaveSnapshot(ctx context.Context, snapshot es.Snapshot) error {
	data, err := json.Marshal(kept{State: snapshot.State, Commands: snapshot.Commands})
	if err != nil {
		return fmt.Errorf("snapshot of %s: %w", snapshot.At.Stream, err)
	}
	packed := packer().EncodeAll(data, nil)
	stream := snapshot.At.Stream.String()
	if size := snapshotOverhead + len(stream) + len(packed); size > es.MaxCommitBytes || len(data) > maxPayload {
		return &es.LimitError{Stream: snapshot.At.Stream, What: "bytes in a snapshot", Size: max(size, len(data)), Limit: es.MaxCommitBytes}
	}
	_, err = sn.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &sn.table,
		Item: Item{
			"stream": s(stream), "commit": n(snapshot.At.Version), "version": n(snapshot.Version), "schema": n(int64(snapshot.Schema)),
			"hash": &types.AttributeValueMemberB{Value: snapshot.Hash}, "data": &types.AttributeValueMemberB{Value: packed},
		},
		ConditionExpression:       aws.String("attribute_not_exists(version) OR version < :v OR #schema <> :s"),
		ExpressionAttributeNames:  map[string]string{"#schema": "schema"},
		ExpressionAttributeValues: Item{":v": n(snapshot.Version), ":s": n(int64(snapshot.Schema))},
	})
	var newer *types.ConditionalCheckFailedException
	if err == nil || errors.As(err, &newer) {
		return nil
	}
	return fmt.Errorf("snapshot of %s: %w", stream, dynamofault.Mark(err))
}

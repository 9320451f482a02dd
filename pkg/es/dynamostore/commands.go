package dynamostore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// blockPrefix starts the key of a block of commands in the snapshots' table. No stream has such a name, because a
// stream's type is not empty.
const blockPrefix = "#commands/"

// blockKey returns the key of a block. It depends on the block's commits, so that another history of the stream has
// other blocks.
func blockKey(stream es.StreamID, b es.CommandBlock) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d|%x", stream, b.First, b.Last, b.Hash))
	return blockPrefix + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// getAtOnce is the maximum number of items in one BatchGetItem.
const getAtOnce = 100

// LoadCommands implements [es.SnapshotStore]. Blocks never change, so it reads them eventually consistent first, and
// only the missing ones strongly consistent.
func (sn *Snapshots) LoadCommands(
	ctx context.Context, stream es.StreamID, blocks ...es.CommandBlock,
) ([][]es.KnownCommand, error) {
	found := map[string]Item{}
	keys := make([]string, len(blocks))
	for i, b := range blocks {
		keys[i] = blockKey(stream, b)
	}
	for _, consistent := range []bool{false, true} {
		for part := range slices.Chunk(missing(keys, found), getAtOnce) {
			if err := sn.get(ctx, part, consistent, found); err != nil {
				return nil, fmt.Errorf("load commands of %s: %w", stream, dynamofault.MarkUnavailable(err))
			}
		}
	}
	all := make([][]es.KnownCommand, len(blocks))
	for i, b := range blocks {
		item, there := found[keys[i]]
		if !there {
			return nil, fmt.Errorf("load commands of %s, versions %d to %d: %w", stream, b.First, b.Last, es.ErrNoBlock)
		}
		r := reader{item: item}
		var err error
		if all[i], err = unpackCommands(r.bytes("data")); err == nil {
			err = r.err
		}
		if err != nil {
			return nil, fmt.Errorf("load commands of %s, versions %d to %d: %w: %w",
				stream, b.First, b.Last, es.ErrNoBlock, err)
		}
	}
	return all, nil
}

func missing(keys []string, found map[string]Item) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return found[key] != nil })
}

// get reads items, and repeats the request for those that DynamoDB left unprocessed.
func (sn *Snapshots) get(ctx context.Context, keys []string, consistent bool, found map[string]Item) error {
	wanted := make([]map[string]types.AttributeValue, len(keys))
	for i, key := range keys {
		wanted[i] = Item{"stream": s(key)}
	}
	for pause := 10 * time.Millisecond; len(wanted) > 0; pause *= 2 {
		out, err := sn.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			sn.table: {Keys: wanted, ConsistentRead: aws.Bool(consistent)},
		}})
		if err != nil {
			return err
		}
		for _, item := range out.Responses[sn.table] {
			r := reader{item: item}
			found[r.text("stream")] = item
		}
		if wanted = out.UnprocessedKeys[sn.table].Keys; len(wanted) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, time.Second)):
		}
	}
	return nil
}

// SaveCommands implements [es.SnapshotStore].
func (sn *Snapshots) SaveCommands(
	ctx context.Context, stream es.StreamID, b es.CommandBlock, commands []es.KnownCommand,
) error {
	_, err := sn.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &sn.table, Item: Item{
		"stream": s(blockKey(stream, b)), "of": s(stream.String()),
		"data":                    &types.AttributeValueMemberB{Value: packCommands(commands)},
		SnapshotsTable.TimeToLive: n(b.Expires.Unix()),
	}})
	if err != nil {
		return fmt.Errorf("save commands of %s, versions %d to %d: %w",
			stream, b.First, b.Last, dynamofault.MarkUnavailable(err))
	}
	return nil
}

// commandSize is the packed size of a command in bytes: its digest, its version, and its time in microseconds since
// 1970.
const commandSize = 16 + 8 + 8

// packCommands packs all digests, then all versions, then all times, big-endian, and compresses them as one zstd frame.
func packCommands(commands []es.KnownCommand) []byte {
	if len(commands) == 0 {
		return nil
	}
	digests := make([]byte, 0, len(commands)*commandSize)
	versions, times := make([]int64, len(commands)), make([]int64, len(commands))
	for i, c := range commands {
		digests = append(digests, c.Digest[:]...)
		versions[i], times[i] = c.Version, c.At.UnixMicro()
	}
	data, _ := binary.Append(digests, binary.BigEndian, versions) // values of a fixed size: no error possible
	data, _ = binary.Append(data, binary.BigEndian, times)
	return packer().EncodeAll(data, nil)
}

var errNoCommands = errors.New("the packed commands have a wrong length")

// unpackCommands unpacks what packCommands returned.
func unpackCommands(packed []byte) ([]es.KnownCommand, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	data, err := unpacker().DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	if len(data)%commandSize != 0 {
		return nil, errNoCommands
	}
	count := len(data) / commandSize
	commands := make([]es.KnownCommand, count)
	versions, times := make([]int64, count), make([]int64, count)
	for to, at := range map[*[]int64]int{&versions: 16 * count, &times: 24 * count} {
		if _, err := binary.Decode(data[at:], binary.BigEndian, *to); err != nil {
			return nil, err
		}
	}
	for i := range commands {
		commands[i] = es.KnownCommand{Digest: [16]byte(data[16*i:]), Version: versions[i], At: time.UnixMicro(times[i]).UTC()}
	}
	return commands, nil
}

package dynamostore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"

	"github.com/annals-es/annals/pkg/es"
)

// maxPayload is the maximum size of a compressed commit's payloads after unpacking, in bytes.
const maxPayload = 16 << 20

// writeUnit is the number of bytes that one write unit pays for.
const writeUnit = 1024

var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)) // the only possible error is a bad option
		return e
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPayload))
		return d
	})
)

// item returns the item for a commit. It compresses the payloads if that saves a write unit.
//
// Errors: [es.LimitError] if the item exceeds DynamoDB's limit even when compressed.
func item(c *es.Commit) (Item, error) {
	plain := encode(c)
	size := storekit.Size(c)
	if size > writeUnit {
		packed, packedSize := pack(c, size)
		if units(packedSize) < units(size) {
			size = packedSize
			plain["zdata"] = &types.AttributeValueMemberB{Value: packed}
			plain["events"] = encodeEvents(c, false)
		}
	}
	return plain, storekit.CheckSize(c, size)
}

func units(bytes int) int { return (bytes + writeUnit - 1) / writeUnit }

// pack compresses a commit's payloads, each as its length (4 bytes, big-endian) and its bytes, and returns the item's
// size with them.
func pack(c *es.Commit, size int) (packed []byte, packedSize int) {
	var payload []byte
	for _, e := range c.Events {
		payload = binary.BigEndian.AppendUint32(payload, uint32(len(e.Data))) //nolint:gosec // far below 4 GB
		payload = append(payload, e.Data...)
		size -= 1 + len("data") + len(e.Data)
	}
	if len(payload) > maxPayload { // unpack would refuse it
		return nil, storekit.MaxCommitBytes + len(payload)
	}
	packed = packer().EncodeAll(payload, nil)
	return packed, size + len("zdata") + len(packed)
}

var errPayloads = errors.New("the payloads do not match the events")

// unpack decompresses the payloads into their events.
func unpack(packed []byte, events []es.RawEvent) error {
	payload, err := unpacker().DecodeAll(packed, nil)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	for i := range events {
		if len(payload) < 4 {
			return errPayloads
		}
		n := binary.BigEndian.Uint32(payload)
		if payload = payload[4:]; uint64(n) > uint64(len(payload)) {
			return errPayloads
		}
		events[i].Data, payload = payload[:n:n], payload[n:]
	}
	if len(payload) > 0 {
		return errPayloads
	}
	return nil
}

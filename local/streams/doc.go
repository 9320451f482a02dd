// Package streams reads DynamoDB Streams. It speaks the service's JSON itself: a record there is, field by field, what
// Lambda hands to a function, so it is passed on as it came.
package streams

import (
	"encoding/json"
	"errors"
	"math/big"
	"time"
)

// Errors of GetRecords and GetShardIterator.
var (
	// ErrExpired says that an iterator is older than its 15 minutes.
	ErrExpired = errors.New("iterator expired")
	// ErrTrimmed says that the position is older than what the stream still has.
	ErrTrimmed = errors.New("position trimmed")
	// ErrGone says that the stream or shard is not there.
	ErrGone = errors.New("stream or shard does not exist")
)

// Shard is one shard of a stream.
type Shard struct {
	ID     string
	Parent string // empty: none
}

// Record is one change of an item.
type Record struct {
	// JSON is the record as the service sends it.
	JSON json.RawMessage
	// Sequence is its sequence number.
	Sequence string
	// Item identifies the item: its keys as canonical JSON.
	Item string
	// Created is when the change happened, which DynamoDB Local cuts to the minute.
	Created time.Time
	// Seen is when it was read.
	Seen time.Time
}

// CompareSequence compares sequence numbers, which are integers of any length.
func CompareSequence(a, b string) int {
	x, xOK := new(big.Int).SetString(a, 10)
	y, yOK := new(big.Int).SetString(b, 10)
	if !xOK || !yOK {
		return len(a) - len(b)
	}
	return x.Cmp(y)
}

// Position is where reading of a shard begins.
type Position struct {
	// After is the sequence number of the last record that is done. Empty: begin at an end.
	After string
	// Latest begins after what there is; otherwise with the oldest record.
	Latest bool
}

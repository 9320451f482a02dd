// Package streams reads DynamoDB Streams. Start with [NewClient]. It does not decode records: the service's JSON has
// the same fields as Lambda's events, so records are passed on unchanged.
package streams

import (
	"encoding/json"
	"errors"
	"math/big"
	"time"
)

// Errors of GetRecords and GetShardIterator.
var (
	// ErrExpired means that an iterator is older than 15 minutes.
	ErrExpired = errors.New("iterator expired")
	// ErrTrimmed means that the position is older than the oldest record in the stream.
	ErrTrimmed = errors.New("position trimmed")
	// ErrGone means that the stream or shard does not exist.
	ErrGone = errors.New("stream or shard does not exist")
)

// Shard is one shard of a stream.
type Shard struct {
	ID     string
	Parent string // empty: none
}

// Record is one change of an item.
type Record struct {
	// JSON is the unchanged record of the service.
	JSON json.RawMessage
	// Sequence is its sequence number.
	Sequence string
	// Item identifies the item: its keys as canonical JSON.
	Item string
	// Created is when the change happened. DynamoDB Local truncates it to the minute.
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
	// After is the sequence number of the last record that is done. If empty, Latest decides.
	After string
	// Latest starts after the newest record; otherwise reading starts with the oldest.
	Latest bool
}

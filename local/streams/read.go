package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Shards lists a stream's shards. Errors: ErrGone.
func (c *Client) Shards(ctx context.Context, stream string) ([]Shard, error) {
	type input struct {
		StreamArn             string
		ExclusiveStartShardId string `json:",omitempty"`
	}
	var shards []Shard
	for last := ""; ; {
		var output struct {
			StreamDescription struct {
				Shards               []struct{ ShardId, ParentShardId string }
				LastEvaluatedShardId string
			}
		}
		if err := c.call(ctx, "DescribeStream", input{stream, last}, &output); err != nil {
			return nil, err
		}
		for _, s := range output.StreamDescription.Shards {
			shards = append(shards, Shard{ID: s.ShardId, Parent: s.ParentShardId})
		}
		if last = output.StreamDescription.LastEvaluatedShardId; last == "" {
			return shards, nil
		}
	}
}

// Iterator opens a shard at a position. Errors: ErrTrimmed, ErrGone.
func (c *Client) Iterator(ctx context.Context, stream, shard string, at Position) (string, error) {
	input := struct {
		StreamArn         string
		ShardId           string
		ShardIteratorType string
		SequenceNumber    string `json:",omitempty"`
	}{stream, shard, "TRIM_HORIZON", at.After}
	switch {
	case at.After != "":
		input.ShardIteratorType = "AFTER_SEQUENCE_NUMBER"
	case at.Latest:
		input.ShardIteratorType = "LATEST"
	}
	var output struct{ ShardIterator string }
	err := c.call(ctx, "GetShardIterator", input, &output)
	return output.ShardIterator, err
}

// Records reads the next records. If next is "", the shard is closed and was read to its end. Errors: ErrExpired,
// ErrTrimmed, ErrGone.
func (c *Client) Records(ctx context.Context, iterator string) (records []Record, next string, err error) {
	var output struct {
		Records           []json.RawMessage
		NextShardIterator string
	}
	if err := c.call(ctx, "GetRecords", struct{ ShardIterator string }{iterator}, &output); err != nil {
		return nil, "", err
	}
	now := time.Now()
	for _, raw := range output.Records {
		r, err := parse(raw)
		if err != nil {
			return nil, "", fmt.Errorf("GetRecords: %w", err)
		}
		r.Seen = now
		records = append(records, r)
	}
	return records, output.NextShardIterator, nil
}

func parse(raw json.RawMessage) (Record, error) {
	var said struct {
		Dynamodb struct {
			SequenceNumber              string
			Keys                        map[string]map[string]string
			ApproximateCreationDateTime float64
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return Record{}, err
	}
	item, err := json.Marshal(said.Dynamodb.Keys) // with sorted members
	if err != nil {
		return Record{}, err
	}
	return Record{
		JSON: raw, Sequence: said.Dynamodb.SequenceNumber, Item: string(item),
		Created: time.UnixMilli(int64(said.Dynamodb.ApproximateCreationDateTime * 1000)),
	}, nil
}

// Born is the latest time at which the record can have been created: DynamoDB Local truncates times to the minute.
func (r Record) Born() time.Time {
	if r.Created.Truncate(time.Minute).Equal(r.Created) {
		if end := r.Created.Add(time.Minute); end.Before(r.Seen) {
			return end
		}
		return r.Seen
	}
	return r.Created
}

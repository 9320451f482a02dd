package feed

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// reader reads a stream shard by shard.
type reader struct {
	streams *dynamodbstreams.Client
	stream  string
	known   map[string]bool  // shards that were seen
	places  map[string]place // where each shard is read that is not at its end
}

// place is a position in a shard.
type place struct {
	kind     types.ShardIteratorType
	after    *string // a sequence number
	iterator *string
}

// take opens a shard at a place.
func (r *reader) take(ctx context.Context, shard string, p place) error {
	out, err := r.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &r.stream, ShardId: &shard, ShardIteratorType: p.kind, SequenceNumber: p.after,
	})
	if err != nil {
		return err
	}
	p.iterator = out.ShardIterator
	r.places[shard] = p
	return nil
}

// round reads every shard once, and tells whether to continue. If shards ended, it looks for the shards that follow
// them.
func (r *reader) round(ctx context.Context, visit func(es.Commit) bool) (more bool, err error) {
	ended := false
	for shard, p := range r.places {
		out, err := r.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: p.iterator})
		var expired *types.ExpiredIteratorException
		if errors.As(err, &expired) { // after 15 minutes, as of a machine that slept
			if err := r.take(ctx, shard, p); err != nil {
				return false, err
			}
			continue
		}
		if err != nil {
			return false, err
		}
		for i := range out.Records {
			if more, err := pass(&out.Records[i], visit); err != nil || !more {
				return false, err
			}
			p.kind, p.after = types.ShardIteratorTypeAfterSequenceNumber, out.Records[i].Dynamodb.SequenceNumber
		}
		if p.iterator = out.NextShardIterator; p.iterator == nil {
			delete(r.places, shard)
			ended = true
			continue
		}
		r.places[shard] = p
	}
	if ended {
		return true, r.follow(ctx)
	}
	return true, nil
}

// pass decodes a record. It skips records that are no new commits: the functions raise the alarm about changed commits.
func pass(record *types.Record, visit func(es.Commit) bool) (more bool, err error) {
	if !inserts(record) {
		return true, nil
	}
	c, err := commitOf(record)
	if err != nil {
		return false, err
	}
	return visit(c), nil
}

func inserts(record *types.Record) bool {
	return record.EventName == types.OperationTypeInsert && record.Dynamodb != nil
}

func commitOf(record *types.Record) (es.Commit, error) {
	item, err := attributevalue.FromDynamoDBStreamsMap(record.Dynamodb.NewImage)
	if err != nil {
		return es.Commit{}, err
	}
	return dynamostore.Decode(item)
}

// follow opens new shards at their beginning.
func (r *reader) follow(ctx context.Context) error {
	shards, err := r.shards(ctx)
	if err != nil {
		return err
	}
	for _, s := range shards {
		id := aws.ToString(s.ShardId)
		if r.known[id] {
			continue
		}
		r.known[id] = true
		if err := r.take(ctx, id, place{kind: types.ShardIteratorTypeTrimHorizon}); err != nil {
			return err
		}
	}
	return nil
}

// shards lists the stream's shards.
func (r *reader) shards(ctx context.Context) ([]types.Shard, error) {
	var all []types.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &r.stream}
	for {
		out, err := r.streams.DescribeStream(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.StreamDescription.Shards...)
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

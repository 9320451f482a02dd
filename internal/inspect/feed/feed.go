// Package feed tells what is stored in an event table from now on, by reading its DynamoDB stream.
//
// On AWS the stream has two readers already, the projector and the reactor, which is as many as DynamoDB advises: a third
// one may be throttled, and then so are they, for moments. So this one asks each shard once a second only, and should not be
// left running: a request a shard and second is 86,400 a day and shard. DynamoDB Local has no such limit.
package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/annals-es/annals/internal/awsendpoint"
	"github.com/annals-es/annals/pkg/es"
)

// Config adjusts a feed. The zero value takes the defaults.
type Config struct {
	// Every is how often each shard is asked. Default 1 s; on DynamoDB Local less does no harm.
	Every time.Duration
	// Endpoint is where streams are read, "" = where the configuration says, or else where the tables are.
	Endpoint string
}

// Feed reads the stream of one event table.
type Feed struct {
	tables  *dynamodb.Client
	streams *dynamodbstreams.Client
	table   string
	every   time.Duration
}

// New returns the feed of a table.
func New(tables *dynamodb.Client, cfg aws.Config, table string, own Config) *Feed {
	streams := dynamodbstreams.NewFromConfig(cfg, func(o *dynamodbstreams.Options) {
		if _, configured := awsendpoint.Of(cfg, dynamodbstreams.ServiceID); !configured {
			o.BaseEndpoint = tables.Options().BaseEndpoint // a stream is where its table is
		}
		if own.Endpoint != "" {
			o.BaseEndpoint = &own.Endpoint
		}
	})
	return &Feed{tables: tables, streams: streams, table: table, every: cmp.Or(own.Every, time.Second)}
}

// ErrNoStream says that a table has no stream.
var ErrNoStream = errors.New("the table has no stream: `annals doctor` says what to do")

// Commits yields the commits that are stored from now on, in each shard in their order, until the context ends.
//
// Errors: [ErrNoStream]; [es.CorruptError]; those of DynamoDB.
func (f *Feed) Commits(ctx context.Context) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		err := f.read(ctx, func(c es.Commit) bool { return yield(c, nil) })
		if err != nil {
			yield(es.Commit{}, fmt.Errorf("follow table %s: %w", f.table, err))
		}
	}
}

func (f *Feed) read(ctx context.Context, visit func(es.Commit) bool) error {
	r, err := f.open(ctx)
	if err != nil {
		return err
	}
	for {
		more, err := r.round(ctx, visit)
		if err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.every):
		}
	}
}

// open takes a place at the end of each open shard.
func (f *Feed) open(ctx context.Context) (*reader, error) {
	table, err := f.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &f.table})
	if err != nil {
		return nil, err
	}
	if table.Table.LatestStreamArn == nil {
		return nil, ErrNoStream
	}
	r := &reader{streams: f.streams, stream: *table.Table.LatestStreamArn, known: map[string]bool{}, places: map[string]place{}}
	shards, err := r.shards(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range shards {
		id := aws.ToString(s.ShardId)
		r.known[id] = true
		if s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil { // open
			if err := r.take(ctx, id, place{kind: types.ShardIteratorTypeLatest}); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

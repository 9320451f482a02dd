// Package feed yields the new commits of an event table, and the newest stored ones, by reading its DynamoDB stream.
// Start with [New].
//
// On AWS the stream already has two readers, the projector and the reactor. That is the most that DynamoDB advises:
// with a third one, all three may be throttled for moments. So a feed reads each shard only once a second. Don't leave
// it running: that is 86,400 requests a day and shard. DynamoDB Local has no such limit.
package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/annals-es/annals/internal/awsendpoint"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

// Config adjusts a feed. The zero value takes the defaults.
type Config struct {
	// Every is the interval at which each shard is read. Default 1 s. On DynamoDB Local less does no harm.
	Every time.Duration
	// Endpoint is the address of DynamoDB Streams. If it is "", it is the configured one, or else that of the tables.
	Endpoint string
	// Budget limits the search of [Feed.Recent].
	Budget Budget
}

// Budget limits the search for the newest commits. The zero value takes the defaults.
type Budget struct {
	// Requests is the most requests to DynamoDB Streams. Default 40: the projector and the reactor read the same shards.
	Requests int
	// Time is how long the search may take. Default 3 s.
	Time time.Duration
}

// Feed reads the stream of one event table.
type Feed struct {
	tables  *dynamodb.Client
	streams *dynamodbstreams.Client
	table   string
	every   time.Duration
	budget  Budget
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
	budget := Budget{Requests: cmp.Or(own.Budget.Requests, 40), Time: cmp.Or(own.Budget.Time, 3*time.Second)}
	return &Feed{tables: tables, streams: streams, table: table, every: cmp.Or(own.Every, time.Second), budget: budget}
}

// ErrNoStream is the error of a table without a stream.
var ErrNoStream = errors.New("the table has no stream: `annals doctor` says what to do")

// Commits yields the commits that are stored after the call, in the order of each shard, until the context ends.
//
// Errors: [ErrNoStream]; [es.CorruptError]; those of DynamoDB.
func (f *Feed) Commits(ctx context.Context) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		from, err := f.Recent(ctx, 0)
		if err != nil {
			yield(es.Commit{}, err)
			return
		}
		from.Then(yield)
	}
}

// Recent returns the newest commits in the stream, at most n, and yields those that are stored after them. The stream
// has the commits of one day. Commits that can't be read are skipped: `annals verify` finds them.
//
// A shard can't be read backwards, so the search reads whole shards, within [Budget]. If the budget is not enough, the
// answer is not complete: it has only the commits that are stored after the call.
//
// Errors: those of [Feed.Commits].
func (f *Feed) Recent(ctx context.Context, n int) (inspect.Recent[es.Commit], error) {
	out, r, err := f.recent(ctx, n)
	if err != nil {
		return out, f.failed(err)
	}
	out.Then = func(yield func(es.Commit, error) bool) {
		if err := f.read(ctx, r, func(c es.Commit) bool { return yield(c, nil) }); err != nil {
			yield(es.Commit{}, f.failed(err))
		}
	}
	return out, nil
}

func (f *Feed) failed(err error) error { return fmt.Errorf("follow table %s: %w", f.table, err) }

func (f *Feed) recent(ctx context.Context, n int) (out inspect.Recent[es.Commit], r *reader, err error) {
	r, now, err := f.open(ctx)
	if err != nil {
		return out, nil, err
	}
	shards, err := r.shards(ctx)
	if err != nil {
		return out, nil, err
	}
	for _, s := range shards {
		r.known[aws.ToString(s.ShardId)] = true
	}
	p := past{reader: r, most: n, now: now, left: f.budget.Requests, all: byID(shards), read: map[string]stretch{}}
	out.Commits, out.Complete, err = p.search(ctx, f.budget.Time)
	return out, r, err
}

func (f *Feed) read(ctx context.Context, r *reader, visit func(es.Commit) bool) error {
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

// open finds the table's stream, and returns DynamoDB's time.
func (f *Feed) open(ctx context.Context) (*reader, time.Time, error) {
	table, err := f.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &f.table})
	if err != nil {
		return nil, time.Time{}, err
	}
	if table.Table.LatestStreamArn == nil {
		return nil, time.Time{}, ErrNoStream
	}
	now, told := middleware.GetServerTime(table.ResultMetadata)
	if !told {
		now = time.Now()
	}
	r := &reader{
		streams: f.streams, stream: *table.Table.LatestStreamArn, known: map[string]bool{}, places: map[string]place{},
	}
	return r, now, nil
}

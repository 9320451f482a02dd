// Package feed tells what is stored in an event table, by reading its DynamoDB stream: from now on, or from the newest commits
// that the stream holds.
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
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/annals-es/annals/internal/awsendpoint"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

// Config adjusts a feed. The zero value takes the defaults.
type Config struct {
	// Every is how often each shard is asked. Default 1 s; on DynamoDB Local less does no harm.
	Every time.Duration
	// Endpoint is where streams are read, "" = where the configuration says, or else where the tables are.
	Endpoint string
	// Budget is what [Feed.Recent] may spend on the past.
	Budget Budget
}

// Budget bounds the search for the newest commits. The zero value takes the defaults.
type Budget struct {
	// Requests to DynamoDB Streams. Default 40: the projector and the reactor read the same shards.
	Requests int
	// Time is how long the search takes at most. Default 3 s.
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

// ErrNoStream says that a table has no stream.
var ErrNoStream = errors.New("the table has no stream: `annals doctor` says what to do")

// Commits yields the commits that are stored from now on, in each shard in their order, until the context ends.
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

// Recent returns the newest commits that the stream holds, n at most, and what yields those that are stored after them. The
// stream holds the commits of one day. Commits that can't be read are passed over: `annals verify` finds them.
//
// A shard can't be read backwards, so the search reads whole shards, within [Budget]. Where that is not enough, the answer is
// not complete: it begins with what is stored from now on.
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

// open finds the table's stream, and says what time it is at DynamoDB.
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

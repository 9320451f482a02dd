package dynamostore

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
)

const (
	// tolerance is the difference to DynamoDB's clock up to which the process's clock is not corrected. DynamoDB reports
	// whole seconds.
	tolerance = 2 * time.Second
	// warnEvery is the shortest time between two warnings about a wrong clock.
	warnEvery = 10 * time.Minute
)

// clock is the process's clock, corrected by the Date header of DynamoDB's answers if it is wrong. Without the
// correction, commits from a clock that is a day ahead would move the times of their streams ahead, and transactions
// would spread that to other streams.
type clock struct {
	now     func() time.Time
	exact   bool // the caller's clock, which is never corrected
	observe func(off time.Duration)
	log     *slog.Logger

	offset atomic.Int64 // correction in nanoseconds
	asked  atomic.Bool  // DynamoDB's time is known or was asked for
	warned atomic.Int64 // time of the last warning, in nanoseconds since 1970
}

func newClock(cfg Config) *clock {
	c := &clock{now: cfg.Now, exact: cfg.Now != nil, observe: cfg.ClockOff, log: cfg.Log}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

func (c *clock) Now() time.Time { return c.now().Add(time.Duration(c.offset.Load())) }

// hear compares the clock with the time in DynamoDB's answer to a request.
func (c *clock) hear(ctx context.Context, sent time.Time, answer middleware.Metadata) {
	if c.exact {
		return
	}
	date, told := awsmiddleware.GetServerTime(answer)
	if !told {
		return
	}
	c.asked.Store(true)
	off, offset := compare(sent, date, c.now())
	c.offset.Store(int64(offset))
	if offset == 0 {
		return
	}
	if c.observe != nil {
		c.observe(off)
	}
	now := time.Now().UnixNano()
	if last := c.warned.Load(); now-last > int64(warnEvery) && c.warned.CompareAndSwap(last, now) {
		c.log.LogAttrs(ctx, slog.LevelWarn, "process clock is wrong, recording commits with DynamoDB's time",
			slog.Duration("ahead", off))
	}
}

// compare returns by how much a clock is ahead of DynamoDB's (at least; negative = behind), and the correction, 0
// within the tolerance. DynamoDB's date was taken between request and answer, and has no fractions of a second.
func compare(sent, date, received time.Time) (ahead, offset time.Duration) {
	switch {
	case sent.After(date.Add(time.Second)):
		ahead = sent.Sub(date.Add(time.Second))
	case date.After(received):
		ahead = received.Sub(date)
	}
	if ahead.Abs() <= tolerance {
		return ahead, 0
	}
	return ahead, date.Add(time.Second / 2).Sub(received)
}

// heard is a client that compares the clock with every answer.
type heard struct {
	Client
	clock *clock
}

func (h heard) Query(
	ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	sent := h.clock.now()
	out, err := h.Client.Query(ctx, in, o...)
	if err == nil {
		h.clock.hear(ctx, sent, out.ResultMetadata)
	}
	return out, err
}

func (h heard) PutItem(
	ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	sent := h.clock.now()
	out, err := h.Client.PutItem(ctx, in, o...)
	if err == nil {
		h.clock.hear(ctx, sent, out.ResultMetadata)
	}
	return out, err
}

func (h heard) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	sent := h.clock.now()
	out, err := h.Client.TransactWriteItems(ctx, in, o...)
	if err == nil {
		h.clock.hear(ctx, sent, out.ResultMetadata)
	}
	return out, err
}

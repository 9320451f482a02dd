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
	// tolerance is how far the process's clock may be from DynamoDB's without being corrected. DynamoDB tells whole
	// seconds.
	tolerance = 2 * time.Second
	// warnEvery is how often a clock that is off is logged.
	warnEvery = 10 * time.Minute
)

// clock is the process's clock, corrected by the Date of DynamoDB's answers where it is off. Commits recorded by a
// clock that is a day ahead would drag the times of their streams ahead, and those of other streams with each
// transfer.
type clock struct {
	now     func() time.Time
	exact   bool // it is the caller's, and never corrected
	observe func(off time.Duration)
	log     *slog.Logger

	offset atomic.Int64 // in nanoseconds, what to add
	asked  atomic.Bool  // DynamoDB has answered, or was asked
	warned atomic.Int64 // when, in nanoseconds since 1970
}

func newClock(cfg Config) *clock {
	c := &clock{now: cfg.Now, exact: cfg.Now != nil, observe: cfg.ClockOff, log: cfg.Log}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

func (c *clock) Now() time.Time { return c.now().Add(time.Duration(c.offset.Load())) }

// hear compares the clock with the time that DynamoDB's answer to a request bears.
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
		c.log.LogAttrs(ctx, slog.LevelWarn, "the clock of this process is off: commits are recorded by DynamoDB's",
			slog.Duration("ahead", off))
	}
}

// compare tells how far a clock is ahead of DynamoDB's at least, negative for behind, and what to add to it; 0 if it
// may be right. The date was taken between the request and its answer, and has no fractions of seconds.
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

// heard is a client whose answers the clock is compared with.
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

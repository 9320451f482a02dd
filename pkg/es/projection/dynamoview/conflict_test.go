package dynamoview_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// contended refuses a number of writes because of a running transaction. DynamoDB Local never does that.
type contended struct {
	dynamoview.Client
	left atomic.Int64
}

func (c *contended) PutItem(
	ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	if c.left.Add(-1) >= 0 {
		return nil, &types.TransactionConflictException{}
	}
	return c.Client.PutItem(ctx, in, opts...)
}

func (c *contended) UpdateItem(
	ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options),
) (*dynamodb.UpdateItemOutput, error) {
	if c.left.Add(-1) >= 0 {
		return nil, &types.TransactionConflictException{}
	}
	return c.Client.UpdateItem(ctx, in, opts...)
}

func (c *contended) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	if c.left.Add(-1) >= 0 {
		return nil, &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
			{Code: aws.String("None")}, {Code: aws.String("TransactionConflict")},
		}}
	}
	return c.Client.TransactWriteItems(ctx, in, opts...)
}

// TestTransactionsInTheWay: a write that conflicts with a transaction is sent again, whatever kind of write it is, but
// not for ever.
func TestTransactionsInTheWay(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	c := &contended{Client: client}
	view := dynamoview.New(c, dynamotest.Table(t, client, dynamoview.ReadTable))
	one, two := projection.Checkpoint{Version: 1}, projection.Checkpoint{Version: 2}
	row := projection.Write{Kind: projection.Put, Key: projection.Key{Partition: "p", Sort: "s"}, Row: []byte(`1`)}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"save", func(ctx context.Context) error {
			return view.Save(ctx, 1, []projection.CheckpointUpdate{{Stream: note("a"), Next: one}}, nil)
		}},
		{"save with rows", func(ctx context.Context) error {
			return view.Save(ctx, 1, []projection.CheckpointUpdate{{Stream: note("a"), Prev: one, Next: two}},
				[]projection.Write{row})
		}},
		{"park", func(ctx context.Context) error {
			return view.Park(ctx, 1, note("a"), two, projection.Parked{Reason: projection.Failed, Version: 3})
		}},
		{"seen", func(ctx context.Context) error { return view.Seen(ctx, 1, note("a"), 3) }},
		{"append", func(ctx context.Context) error {
			return view.Append(ctx, 1, projection.AppendRow{Key: row.Key, Row: row.Row})
		}},
	} {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		c.left.Store(1)
		if err := step.do(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a canceled context: %v, want context.Canceled", step.name, err)
		}
		c.left.Store(3)
		if err := step.do(t.Context()); err != nil {
			t.Errorf("%s in conflict with a transaction: %v", step.name, err)
		}
	}
	c.left.Store(1000)
	err := view.Seen(t.Context(), 1, note("a"), 4)
	var conflict *types.TransactionConflictException
	if !errors.As(err, &conflict) || c.left.Load() < 900 {
		t.Errorf("with transactions all the time: %v, after %d attempts", err, 1000-c.left.Load())
	}
}

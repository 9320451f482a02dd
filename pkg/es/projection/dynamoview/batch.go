package dynamoview

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
)

const (
	maxBatchGet   = 100 // the most keys in one BatchGetItem
	maxBatchWrite = 25  // the most writes in one BatchWriteItem
	batchAttempts = 12  // how often unprocessed items are sent again
)

var errUnprocessed = fmt.Errorf("%w: DynamoDB left items of a batch unprocessed", es.ErrUnavailable)

// get reads items by their keys, strongly consistent, in no order.
func (v *View) get(ctx context.Context, keys []item) ([]item, error) {
	if len(keys) == 1 {
		out, err := v.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &v.table, Key: keys[0], ConsistentRead: aws.Bool(true),
		})
		if err != nil || len(out.Item) == 0 {
			return nil, err
		}
		return []item{out.Item}, nil
	}
	var (
		mu  sync.Mutex
		all []item
	)
	err := each(slices.Collect(slices.Chunk(keys, maxBatchGet)), func(_ int, chunk []item) error {
		got, err := v.getBatch(ctx, chunk)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, got...)
		return err
	})
	return all, err
}

func (v *View) getBatch(ctx context.Context, keys []item) ([]item, error) {
	var all []item
	left := map[string]types.KeysAndAttributes{v.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	for attempt := range batchAttempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return nil, err
			}
		}
		out, err := v.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: left})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Responses[v.table]...)
		if left = out.UnprocessedKeys; len(left) == 0 {
			return all, nil
		}
	}
	return nil, errUnprocessed
}

// remove deletes items by their keys.
func (v *View) remove(ctx context.Context, keys []item) error {
	return each(slices.Collect(slices.Chunk(keys, maxBatchWrite)), func(_ int, chunk []item) error {
		return v.removeBatch(ctx, chunk)
	})
}

func (v *View) removeBatch(ctx context.Context, keys []item) error {
	requests := make([]types.WriteRequest, len(keys))
	for i, key := range keys {
		requests[i].DeleteRequest = &types.DeleteRequest{Key: key}
	}
	left := map[string][]types.WriteRequest{v.table: requests}
	for attempt := range batchAttempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		out, err := v.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
		if err != nil {
			return err
		}
		if left = out.UnprocessedItems; len(left) == 0 {
			return nil
		}
	}
	return errUnprocessed
}

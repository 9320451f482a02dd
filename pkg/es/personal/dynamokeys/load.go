package dynamokeys

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/personal"
)

const (
	// maxBatchGet is the maximum number of items in one BatchGetItem, in DynamoDB. Its other maximum is 16 MB; 100 keys
	// take 110 KB at most.
	maxBatchGet = 100
	// batchAttempts is how often keys are asked for that DynamoDB left unprocessed, for 11 s at most.
	batchAttempts = 12
)

var errUnprocessed = fmt.Errorf("%w: DynamoDB left keys of a batch unprocessed", es.ErrUnavailable)

// Load implements [personal.Keys]. It is one GetItem for one subject, otherwise one BatchGetItem for each hundred.
//
// Errors: [personal.NameError].
func (k *Keys) Load(ctx context.Context, subjects ...string) (map[string]personal.Key, error) {
	for _, subject := range subjects {
		if err := personal.Check(subject); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ids := slices.Clone(subjects)
	slices.Sort(ids)
	ids = slices.Compact(ids) // a batch must not have a key twice
	stored, err := k.get(ctx, ids)
	if err != nil {
		return nil, loadFailed(ids, dynamofault.MarkUnavailable(err))
	}
	found := make(map[string]personal.Key, len(stored))
	for _, i := range stored {
		key, err := decode(i)
		if err != nil {
			return nil, loadFailed(ids, err)
		}
		found[key.Subject] = key
	}
	return found, nil
}

func loadFailed(ids []string, err error) error {
	others := ""
	if len(ids) > 1 {
		others = fmt.Sprintf(" and %d others", len(ids)-1)
	}
	return fmt.Errorf("load the key of subject %s%s: %w", ids[0], others, err)
}

// get returns the items with the keys of subjects, which are all different, in no order.
func (k *Keys) get(ctx context.Context, subjects []string) ([]item, error) {
	if len(subjects) == 1 {
		out, err := k.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &k.table, Key: keyOf(subjects[0]), ConsistentRead: aws.Bool(true),
		})
		if err != nil || len(out.Item) == 0 {
			return nil, err
		}
		return []item{out.Item}, nil
	}
	var all []item
	for chunk := range slices.Chunk(subjects, maxBatchGet) {
		keys := make([]item, len(chunk))
		for i, subject := range chunk {
			keys[i] = keyOf(subject)
		}
		got, err := k.getBatch(ctx, keys)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
	}
	return all, nil
}

// getBatch returns items by their keys, and asks again for those that DynamoDB left unprocessed.
func (k *Keys) getBatch(ctx context.Context, keys []item) ([]item, error) {
	var all []item
	for attempt := range batchAttempts {
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
		out, err := k.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			k.table: {Keys: keys, ConsistentRead: aws.Bool(true)},
		}})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Responses[k.table]...)
		if keys = out.UnprocessedKeys[k.table].Keys; len(keys) == 0 {
			return all, nil
		}
	}
	return nil, errUnprocessed
}

// pause waits before an attempt that is not the first: a random part of 20 ms, then of twice as long each time, at most
// of 2 s.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return nil
	}
	most := min(20*time.Millisecond<<(attempt-1), 2*time.Second)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(most)):
		return nil
	}
}

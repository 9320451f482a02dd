package dynamoview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// parkedKey is the key of a stream in the list of parked streams.
func parkedKey(g projection.Generation, stream es.StreamID) item {
	return item{"pk": str(partition(g, parkedKind, "")), "sk": str(nameOf(stream))}
}

// Park implements [projection.View]: it updates the stream's checkpoint and the list of parked streams in one
// transaction.
func (v *View) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	why, err := viewkit.ReasonText(p)
	if err != nil {
		return err
	}
	put := v.putState(g, stream, prev, prev.Raised(prev.Version+1))
	put.Item["parked"] = str(why)
	list := &types.Update{ // keeps the attribute seen
		TableName: &v.table, Key: parkedKey(g, stream),
		UpdateExpression:          aws.String("SET parked = :p, #s = :s"),
		ExpressionAttributeNames:  map[string]string{"#s": "stream"},
		ExpressionAttributeValues: item{":p": str(why), ":s": str(stream.String())},
	}
	return v.transact(ctx, []types.TransactWriteItem{{Put: put}, {Update: list}})
}

// Seen implements [projection.View].
func (v *View) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	err := alone(ctx, func() error {
		_, err := v.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &v.table, Key: parkedKey(g, stream),
			UpdateExpression: aws.String("SET seen = :v"),
			ConditionExpression: aws.String(
				"attribute_exists(pk) AND (attribute_not_exists(seen) OR seen < :v)",
			),
			ExpressionAttributeValues:           item{":v": num(version)},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	var refused *types.ConditionalCheckFailedException
	switch {
	case !errors.As(err, &refused):
		return err
	case len(refused.Item) == 0:
		return projection.ErrStale
	}
	return nil // a later version is recorded
}

// Parked implements [projection.View].
func (v *View) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return func(yield func(projection.ParkedStream, error) bool) {
		pages := dynamodb.NewQueryPaginator(v.client, &dynamodb.QueryInput{
			TableName: &v.table, ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("pk = :p"),
			ExpressionAttributeValues: item{":p": str(partition(g, parkedKind, ""))},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(projection.ParkedStream{}, err)
				return
			}
			for _, i := range page.Items {
				if !yield(parkedStream(i)) {
					return
				}
			}
		}
	}
}

func parkedStream(i item) (projection.ParkedStream, error) {
	var (
		p                projection.ParkedStream
		err1, err2, err3 error
	)
	p.Stream, err1 = streamOf(i, text(i, "sk"))
	p.Seen, err2 = number(i, "seen")
	err3 = json.Unmarshal([]byte(text(i, "parked")), &p.Parked)
	if err := errors.Join(err1, err2, err3); err != nil {
		return p, fmt.Errorf("parked stream %q: %w", text(i, "sk"), err)
	}
	return p, nil
}

package dynamoview

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// MaxWrites implements [projection.View]: the most actions in a transaction. A checkpoint that was parked takes two.
func (v *View) MaxWrites() int { return maxActions }

const maxActions = 100

// Save implements [projection.View]: one PutItem for one checkpoint without rows, otherwise one TransactWriteItems.
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if err := fits(moves, rows); err != nil {
		return err
	}
	actions := v.actions(g, moves, rows)
	if len(actions) > maxActions {
		return fmt.Errorf("%w: %d writes at once, the limit is %d", projection.ErrTooLarge, len(actions), maxActions)
	}
	if len(actions) > 1 {
		return v.transact(ctx, actions)
	}
	put := actions[0].Put
	err := alone(ctx, func() error {
		_, err := v.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: put.TableName, Item: put.Item,
			ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
		})
		return err
	})
	var moved *types.ConditionalCheckFailedException
	if errors.As(err, &moved) {
		return projection.ErrStale
	}
	return sized(err)
}

// actions are the actions of a save.
func (v *View) actions(
	g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) []types.TransactWriteItem {
	actions := make([]types.TransactWriteItem, 0, len(moves)+len(rows))
	for _, m := range moves {
		actions = append(actions, types.TransactWriteItem{Put: v.putState(g, m.Stream, m.Prev, m.Next)})
		if m.Prev.Parked != nil {
			listed := &types.Delete{TableName: &v.table, Key: parkedKey(g, m.Stream)}
			actions = append(actions, types.TransactWriteItem{Delete: listed})
		}
	}
	for _, row := range rows {
		actions = append(actions, v.write(g, row))
	}
	return actions
}

// putState replaces a checkpoint on condition that the stored one equals prev.
func (v *View) putState(g projection.Generation, stream es.StreamID, prev, next projection.Checkpoint) *types.Put {
	put := &types.Put{TableName: &v.table, Item: stateItem(g, stream, next)}
	if prev.Version == 0 && prev.RowsWritten == 0 && prev.Epoch() == 0 && prev.Parked == nil && !prev.Behind {
		put.ConditionExpression = aws.String("attribute_not_exists(pk)")
		return put
	}
	condition, values := "version = :v", item{":v": num(prev.Version)}
	if prev.RowsWritten == 0 {
		condition += " AND attribute_not_exists(done)"
	} else {
		condition += " AND done = :d"
		values[":d"] = num(int64(prev.RowsWritten))
	}
	if epoch := prev.Epoch(); epoch == 0 {
		condition += " AND attribute_not_exists(epoch)"
	} else {
		condition += " AND epoch = :e"
		values[":e"] = num(int64(epoch))
	}
	if prev.Parked == nil { // a stream that is parked by now must stay in the list
		condition += " AND attribute_not_exists(parked)"
	}
	put.ConditionExpression, put.ExpressionAttributeValues = &condition, values
	return put
}

package dynamoview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Checkpoints implements [projection.View]: one GetItem, or one BatchGetItem for each hundred.
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	keys := make([]item, len(streams))
	for i, stream := range streams {
		keys[i] = stateKey(g, stream)
	}
	items, err := v.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[es.StreamID]projection.Checkpoint, len(items))
	prefix := partition(g, stateKind, "")
	for _, i := range items {
		stream, err := streamOf(i, strings.TrimPrefix(text(i, "pk"), prefix))
		if err != nil {
			return nil, err
		}
		if out[stream], err = checkpoint(i); err != nil {
			return nil, fmt.Errorf("checkpoint of %s: %w", stream, err)
		}
	}
	return out, nil
}

func checkpoint(i item) (projection.Checkpoint, error) {
	version, err1 := number(i, "version")
	done, err2 := number(i, "done")
	cp := projection.Checkpoint{Version: version, RowsWritten: int(done), Owner: text(i, "owner")}
	if state := text(i, "state"); state != "" {
		cp.State = json.RawMessage(state)
	}
	if hash, ok := i["hash"].(*types.AttributeValueMemberB); ok {
		cp.Hash = hash.Value
	}
	_, cp.Behind = i["behind"]
	var err3, err4 error
	cp.At, err4 = storekit.ParseTime(text(i, "at"))
	if parked := text(i, "parked"); parked != "" {
		cp.Parked = &projection.Parked{}
		err3 = json.Unmarshal([]byte(parked), cp.Parked)
	}
	return cp, errors.Join(err1, err2, err3, err4)
}

// MaxWrites implements [projection.View]: what a transaction holds. A checkpoint that was parked takes two of them.
func (v *View) MaxWrites() int { return maxActions }

const maxActions = 100

// Save implements [projection.View]: one PutItem for one checkpoint without rows, else one TransactWriteItems.
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	actions := v.actions(g, moves, rows)
	if !storable(moves, rows) || len(actions) > maxActions {
		return projection.ErrTooLarge
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

// storable tells whether nothing of a save is too large by itself.
func storable(moves []projection.CheckpointUpdate, rows []projection.Write) bool {
	return !slices.ContainsFunc(rows, longKey) &&
		!slices.ContainsFunc(moves, func(m projection.CheckpointUpdate) bool { return !roomToPark(m.Next) })
}

// actions are what a save is made of.
func (v *View) actions(
	g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) []types.TransactWriteItem {
	actions := make([]types.TransactWriteItem, 0, len(moves)+len(rows))
	for _, m := range moves {
		actions = append(actions, types.TransactWriteItem{Put: v.putState(g, m.Stream, m.Prev, m.Next)})
		if m.Prev.Parked != nil {
			actions = append(actions, types.TransactWriteItem{Delete: &types.Delete{TableName: &v.table, Key: parkedKey(g, m.Stream)}})
		}
	}
	for _, row := range rows {
		actions = append(actions, v.write(g, row))
	}
	return actions
}

// maxState is the largest state: what is left of 400 KB besides a stream's name, the checkpoint, and why it is parked.
const maxState = 400<<10 - 10<<10

// roomToPark tells whether a checkpoint's item can take why its stream is parked. A stream that could not be parked would be
// in the way of all others.
func roomToPark(cp projection.Checkpoint) bool { return len(cp.State)+len(cp.Owner) <= maxState }

// putState replaces a checkpoint on condition that the stored one is prev.
func (v *View) putState(g projection.Generation, stream es.StreamID, prev, next projection.Checkpoint) *types.Put {
	put := &types.Put{TableName: &v.table, Item: stateItem(g, stream, next)}
	if prev.Version == 0 && prev.RowsWritten == 0 && prev.Parked == nil && !prev.Behind {
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
	if prev.Parked == nil { // else the list of those parked would keep it
		condition += " AND attribute_not_exists(parked)"
	}
	put.ConditionExpression, put.ExpressionAttributeValues = &condition, values
	return put
}

func stateItem(g projection.Generation, stream es.StreamID, cp projection.Checkpoint) item {
	i := stateKey(g, stream)
	i["version"] = num(cp.Version)
	if name := stream.String(); len(name) > maxName {
		i["stream"] = str(name)
	}
	if len(cp.Hash) > 0 {
		i["hash"] = &types.AttributeValueMemberB{Value: cp.Hash}
	}
	if !cp.At.IsZero() {
		i["at"] = str(es.FormatTime(cp.At))
	}
	if len(cp.State) > 0 {
		i["state"] = str(string(cp.State))
	}
	if cp.RowsWritten > 0 {
		i["done"] = num(int64(cp.RowsWritten))
	}
	if cp.Owner != "" {
		i["owner"] = str(cp.Owner)
	}
	if cp.Behind {
		i["behind"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return i
}

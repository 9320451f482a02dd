package dynamoview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Client is the part of the DynamoDB client that a view uses.
type Client interface {
	dynamodb.QueryAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// View is a read table with the keys of [ReadTable], safe for concurrent use.
type View struct {
	client Client
	table  string
}

var _ projection.View = (*View)(nil)

// New returns the view on a table.
func New(client Client, table string) *View { return &View{client: client, table: table} }

type item = map[string]types.AttributeValue

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func num(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}

func text(i item, name string) string {
	if v, ok := i[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func number(i item, name string) (int64, error) {
	v, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(v.Value, 10, 64)
}

const (
	stateSort = "-"
	stateKind = "state"
	rowKind   = "row"
	countKind = "count"
)

func partition(g projection.Generation, kind, name string) string {
	return fmt.Sprintf("%d|%s|%s", g, kind, name)
}

func stateKey(g projection.Generation, stream es.StreamID) item {
	return item{"pk": str(partition(g, stateKind, stream.String())), "sk": str(stateSort)}
}

// MaxRows implements [projection.View]: what a transaction holds, less the checkpoint.
func (v *View) MaxRows() int { return 99 }

// Checkpoint implements [projection.View].
func (v *View) Checkpoint(ctx context.Context, g projection.Generation, stream es.StreamID) (projection.Checkpoint, error) {
	var cp projection.Checkpoint
	out, err := v.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &v.table, Key: stateKey(g, stream), ConsistentRead: aws.Bool(true),
	})
	if err != nil || len(out.Item) == 0 {
		return cp, err
	}
	version, err1 := number(out.Item, "version")
	done, err2 := number(out.Item, "done")
	if err := errors.Join(err1, err2); err != nil {
		return cp, err
	}
	cp.Version, cp.Done, cp.State = version, int(done), json.RawMessage(text(out.Item, "state"))
	if hash, ok := out.Item["hash"].(*types.AttributeValueMemberB); ok {
		cp.Hash = hash.Value
	}
	if len(cp.State) == 0 {
		cp.State = nil
	}
	return cp, nil
}

// Save implements [projection.View]: one PutItem if there are no rows, else one TransactWriteItems.
func (v *View) Save(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev, next projection.Checkpoint, rows []projection.Write,
) error {
	put := v.putState(g, stream, prev, next)
	if len(rows) == 0 {
		_, err := v.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: put.TableName, Item: put.Item,
			ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
		})
		var moved *types.ConditionalCheckFailedException
		if errors.As(err, &moved) {
			return projection.ErrStale
		}
		return err
	}
	actions := make([]types.TransactWriteItem, 0, len(rows)+1)
	actions = append(actions, types.TransactWriteItem{Put: put})
	for _, row := range rows {
		actions = append(actions, v.write(g, row))
	}
	return v.transact(ctx, actions)
}

func (v *View) putState(g projection.Generation, stream es.StreamID, prev, next projection.Checkpoint) *types.Put {
	i := stateKey(g, stream)
	i["version"] = num(next.Version)
	if len(next.Hash) > 0 {
		i["hash"] = &types.AttributeValueMemberB{Value: next.Hash}
	}
	if len(next.State) > 0 {
		i["state"] = str(string(next.State))
	}
	if next.Done > 0 {
		i["done"] = num(int64(next.Done))
	}
	put := &types.Put{TableName: &v.table, Item: i}
	switch {
	case prev.Version == 0 && prev.Done == 0:
		put.ConditionExpression = aws.String("attribute_not_exists(pk)")
	case prev.Done == 0:
		put.ConditionExpression = aws.String("version = :v AND attribute_not_exists(done)")
		put.ExpressionAttributeValues = item{":v": num(prev.Version)}
	default:
		put.ConditionExpression = aws.String("version = :v AND done = :d")
		put.ExpressionAttributeValues = item{":v": num(prev.Version), ":d": num(int64(prev.Done))}
	}
	return put
}

// transactAttempts is how often a transaction is sent that others were in the way of.
const transactAttempts = 12

func (v *View) transact(ctx context.Context, actions []types.TransactWriteItem) error {
	for attempt := 1; ; attempt++ {
		_, err := v.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return err
		}
		contended := false
		for i, reason := range cancelled.CancellationReasons {
			switch code := aws.ToString(reason.Code); {
			case code == "ConditionalCheckFailed" && i == 0:
				return projection.ErrStale
			case code == "TransactionConflict":
				contended = true
			}
		}
		if !contended || attempt == transactAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(rand.N(10 * time.Millisecond << min(attempt, 6))):
		}
	}
}

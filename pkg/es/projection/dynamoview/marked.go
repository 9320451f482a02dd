package dynamoview

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// marked is a client that marks errors as [es.ErrUnavailable] if DynamoDB throttles, fails or can't be reached. The
// original error stays in the chain.
type marked struct{ Client }

type option = func(*dynamodb.Options)

func (m marked) Query(ctx context.Context, in *dynamodb.QueryInput, o ...option) (*dynamodb.QueryOutput, error) {
	out, err := m.Client.Query(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) Scan(ctx context.Context, in *dynamodb.ScanInput, o ...option) (*dynamodb.ScanOutput, error) {
	out, err := m.Client.Scan(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...option) (*dynamodb.GetItemOutput, error) {
	out, err := m.Client.GetItem(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) BatchGetItem(
	ctx context.Context, in *dynamodb.BatchGetItemInput, o ...option,
) (*dynamodb.BatchGetItemOutput, error) {
	out, err := m.Client.BatchGetItem(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...option) (*dynamodb.PutItemOutput, error) {
	out, err := m.Client.PutItem(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) UpdateItem(
	ctx context.Context, in *dynamodb.UpdateItemInput, o ...option,
) (*dynamodb.UpdateItemOutput, error) {
	out, err := m.Client.UpdateItem(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) BatchWriteItem(
	ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...option,
) (*dynamodb.BatchWriteItemOutput, error) {
	out, err := m.Client.BatchWriteItem(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

func (m marked) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...option,
) (*dynamodb.TransactWriteItemsOutput, error) {
	out, err := m.Client.TransactWriteItems(ctx, in, o...)
	return out, dynamofault.MarkUnavailable(err)
}

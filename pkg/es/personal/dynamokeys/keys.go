package dynamokeys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Client is the part of the DynamoDB client that the keys use.
type Client interface {
	dynamodb.QueryAPIClient
	dynamodb.ScanAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(
		context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options),
	) (*dynamodb.BatchGetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Keys are the keys in a table with the keys of [Table]. It is safe for concurrent use. Make one with [New].
//
// Besides the errors that are documented with each method, all return errors of DynamoDB, marked as
// [es.ErrUnavailable] if the same call may succeed later, and an error that names the subject and the attribute if a
// stored item can't be read. No error contains a secret.
type Keys struct {
	client Client
	table  string
}

var _ personal.Keys = (*Keys)(nil)

// New returns the keys on a table.
//
// Errors: an error if the table's name is empty.
func New(client Client, table string) (*Keys, error) {
	if table == "" {
		return nil, errors.New("dynamokeys.New: the table name must not be empty")
	}
	return &Keys{client: client, table: table}, nil
}

// Create implements [personal.Keys]. It is one conditional PutItem.
//
// Errors: [personal.NameError]; [personal.KeyError].
func (k *Keys) Create(ctx context.Context, key personal.Key) (personal.Key, error) {
	if err := key.Check(); err != nil {
		return personal.Key{}, err
	}
	put := &dynamodb.PutItemInput{
		TableName: &k.table, Item: encode(key),
		ConditionExpression:                 aws.String("attribute_not_exists(#about)"),
		ExpressionAttributeNames:            map[string]string{"#about": aboutName},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if key.Number > 1 {
		put.ConditionExpression = aws.String("#forgotten = :true AND #number = :before")
		put.ExpressionAttributeNames = map[string]string{"#forgotten": forgottenName, "#number": numberName}
		put.ExpressionAttributeValues = item{":true": truth(true), ":before": number(key.Number - 1)}
	}
	stored := put.Item
	if _, err := k.client.PutItem(ctx, put); err != nil {
		var refused *types.ConditionalCheckFailedException
		if !errors.As(err, &refused) {
			return personal.Key{}, failed("create a key for subject", key.Subject, err)
		}
		if stored = refused.Item; len(stored) == 0 {
			return personal.Key{}, nil
		}
	}
	found, err := decode(stored)
	if err != nil {
		return personal.Key{}, failed("create a key for subject", key.Subject, err)
	}
	return found, nil
}

// Forget implements [personal.Keys]. It is one conditional UpdateItem, which removes the secret and keeps the number.
// It also removes the secret of a key that can't be read.
//
// Errors: [personal.NameError].
func (k *Keys) Forget(ctx context.Context, subject string, at time.Time) (personal.Key, error) {
	if err := personal.Check(subject); err != nil {
		return personal.Key{}, err
	}
	out, err := k.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &k.table, Key: keyOf(subject),
		UpdateExpression: aws.String(
			"SET #forgotten = :true, #at = :at, #number = if_not_exists(#number, :first) REMOVE #secret"),
		ConditionExpression: aws.String(
			"attribute_not_exists(#forgotten) OR #forgotten <> :true OR attribute_exists(#secret)"),
		ExpressionAttributeNames: map[string]string{
			"#forgotten": forgottenName, "#at": atName, "#number": numberName, "#secret": secretName,
		},
		ExpressionAttributeValues: item{
			":true": truth(true), ":at": text(es.FormatTime(at)), ":first": number(1),
		},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var stored item
	var before *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		stored = out.Attributes
	case errors.As(err, &before): // it was forgotten already
		stored = before.Item
	default:
		return personal.Key{}, failed("forget subject", subject, err)
	}
	tombstone, err := decode(stored)
	if err != nil {
		return personal.Key{}, failed("forget subject", subject, err)
	}
	return tombstone, nil
}

// failed wraps an error of a call for a subject.
func failed(call, subject string, err error) error {
	return fmt.Errorf("%s %s: %w", call, subject, dynamofault.MarkUnavailable(err))
}

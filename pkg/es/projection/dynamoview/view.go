package dynamoview

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Client is the part of the DynamoDB client that a view uses.
type Client interface {
	dynamodb.QueryAPIClient
	dynamodb.ScanAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput,
		...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput,
		...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput,
		...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// View stores one projection in a table with the keys of [ReadTable]. It is safe for concurrent use. [New] makes one.
type View struct {
	client Client
	table  string
}

var _ projection.View = (*View)(nil)

// New returns the view on a table.
func New(client Client, table string) *View { return &View{client: marked{client}, table: table} }

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
	stateSort  = "-"
	stateKind  = "state"
	parkedKind = "parked"
	rowKind    = "row"
	countKind  = "count"
	listKind   = "list"
)

func partition(g projection.Generation, kind, name string) string {
	return fmt.Sprintf("%d|%s|%s", g, kind, name)
}

func stateKey(g projection.Generation, stream es.StreamID) item {
	return item{"pk": str(partition(g, stateKind, nameOf(stream))), "sk": str(stateSort)}
}

// maxName is the longest stream name, in bytes, that is used in keys as it is: a sort key has at most 1,024.
const maxName = 1000

// nameOf is what keys have for a stream: its name or, for a long name, its hash. A hash has no '#', so it is no name.
// With a hash, the item has the name in its attribute "stream".
func nameOf(stream es.StreamID) string {
	name := stream.String()
	if len(name) <= maxName {
		return name
	}
	return hashOf(name)
}

func hashOf(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name))) }

// streamOf returns the stream of an item whose key has a name.
func streamOf(i item, name string) (es.StreamID, error) {
	return es.ParseStreamID(cmp.Or(text(i, "stream"), name))
}

package push

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// Why a subscription is refused.
var (
	// ErrNotConnected says that the connection does not exist, has expired, or has another owner.
	ErrNotConnected = errors.New("not connected")
	// ErrTooMany says that the connection already has [MaxSubscriptions].
	ErrTooMany = errors.New("too many subscriptions")
)

// Client is the part of the DynamoDB client that this package uses.
type Client interface {
	dynamodb.QueryAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Connections stores the open connections and their subscriptions, in one table:
//
//	pk                     sk            owner  topics(SS)                    expires  until
//	connection|<id>        <id>          ada    {<pk of each subscription>}   N
//	topic|<owner>|<topic>  <connection>                                       N
//	subscriptions          latest                                                      N
//
// Times are in seconds since 1970. The notifier and the handler ignore a row after its expires, and DynamoDB removes it
// some time later (time to live).
//
// The row of a connection is written before those of its subscriptions, and deleted before them, without a transaction.
// So a subscription may be left over if it is made while its connection closes, or if the client unsubscribes before
// the subscription was confirmed. It ends when a post finds that the connection does not exist any more, or when it
// expires.
//
// The last row is one record for the whole table. No subscription expires later than until: Subscribe raises the record
// before it writes a subscription, and no code lowers or deletes it. So if until is in the past, or if there is no
// record, there are no subscriptions. The notifier needs one read to know that.
type Connections struct {
	client Client
	table  string
	now    func() time.Time
	// covered is a value, in seconds since 1970, that the record is known to have reached.
	covered atomic.Int64
}

// NewConnections returns the connections in a table. Its keys are those of annalsaws.Connections.
func NewConnections(client Client, table string) *Connections {
	return &Connections{client: client, table: table, now: time.Now}
}

// Open stores a connection and its owner.
func (c *Connections) Open(ctx context.Context, id, owner string) error {
	item := key("connection|"+id, id)
	item["owner"] = text(owner)
	item["expires"] = c.seconds(lifetime)
	if _, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: item}); err != nil {
		return fmt.Errorf("open connection %s: %w", id, err)
	}
	return nil
}

// Subscribe subscribes a connection of an owner to a topic. If it is subscribed already, that stays so.
//
// Errors: [ErrNotConnected], [ErrTooMany]; those of DynamoDB.
func (c *Connections) Subscribe(ctx context.Context, id, owner string, topic Topic) error {
	partition := topic.partition(owner)
	row, err := c.update(ctx, id, owner, partition, "ADD #topics :set",
		" AND (attribute_not_exists(#topics) OR contains(#topics, :topic) OR size(#topics) < :most)", values{
			":topic": text(partition), ":most": number(MaxSubscriptions),
		})
	if err != nil {
		return fmt.Errorf("subscribe connection %s: %w", id, err)
	}
	if err := c.cover(ctx, secondsOf(row["expires"])); err != nil {
		return fmt.Errorf("subscribe connection %s: %w", id, err)
	}
	item := key(partition, id)
	item["expires"] = row["expires"]
	if _, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: item}); err != nil {
		return fmt.Errorf("subscribe connection %s: %w", id, err)
	}
	return nil
}

// Unsubscribe ends the subscription of an owner's connection to a topic, if there is one.
//
// Errors: [ErrNotConnected]; those of DynamoDB.
func (c *Connections) Unsubscribe(ctx context.Context, id, owner string, topic Topic) error {
	partition := topic.partition(owner)
	_, err := c.delete(ctx, partition, id)
	if err == nil {
		_, err = c.update(ctx, id, owner, partition, "DELETE #topics :set", "", nil)
	}
	if err != nil {
		return fmt.Errorf("unsubscribe connection %s: %w", id, err)
	}
	return nil
}

// update changes the topics of an owner's connection, and returns its row. DynamoDB serializes the updates of an item,
// so [MaxSubscriptions] also holds for concurrent requests.
func (c *Connections) update(
	ctx context.Context, id, owner, partition, change, condition string, more values,
) (values, error) {
	with := values{
		":set":   &types.AttributeValueMemberSS{Value: []string{partition}},
		":owner": text(owner), ":now": c.seconds(0),
	}
	maps.Copy(with, more)
	out, err := c.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &c.table, Key: key("connection|"+id, id),
		UpdateExpression:                    &change,
		ConditionExpression:                 aws.String("#owner = :owner AND #expires > :now" + condition),
		ExpressionAttributeNames:            map[string]string{"#topics": "topics", "#owner": "owner", "#expires": "expires"},
		ExpressionAttributeValues:           with,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		if topics, _ := failed.Item["topics"].(*types.AttributeValueMemberSS); topics != nil &&
			len(topics.Value) >= MaxSubscriptions {
			return nil, ErrTooMany
		}
		return nil, ErrNotConnected
	}
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// Close deletes all rows of a connection. It returns no error if there are none.
func (c *Connections) Close(ctx context.Context, id string) error {
	row, err := c.delete(ctx, "connection|"+id, id)
	if err != nil {
		return fmt.Errorf("close connection %s: %w", id, err)
	}
	topics, _ := row["topics"].(*types.AttributeValueMemberSS)
	if topics == nil {
		return nil
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallel)
	for _, partition := range topics.Value {
		work.Go(func() error {
			_, err := c.delete(ctx, partition, id)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return fmt.Errorf("close connection %s: %w", id, err)
	}
	return nil
}

// delete deletes a row and returns its attributes.
func (c *Connections) delete(ctx context.Context, partition, sort string) (values, error) {
	out, err := c.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &c.table, Key: key(partition, sort), ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// subscribers returns the connections that are subscribed under a partition key. It reads strongly consistent, so that
// a client gets every change that is saved after it received "subscribed".
func (c *Connections) subscribers(ctx context.Context, partition string) ([]string, error) {
	pages := dynamodb.NewQueryPaginator(c.client, &dynamodb.QueryInput{
		TableName: &c.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), FilterExpression: aws.String("#expires > :now"),
		ExpressionAttributeNames:  map[string]string{"#expires": "expires"},
		ExpressionAttributeValues: values{":pk": text(partition), ":now": c.seconds(0)},
	})
	var found []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Items {
			if id, ok := row["sk"].(*types.AttributeValueMemberS); ok {
				found = append(found, id.Value)
			}
		}
	}
	return found, nil
}

// seconds returns a time from now in seconds since 1970, the form that DynamoDB's time to live needs.
func (c *Connections) seconds(from time.Duration) types.AttributeValue {
	return number(c.now().Add(from).Unix())
}

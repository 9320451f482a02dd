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

// What a connection may be refused.
var (
	// ErrNotConnected says that there is no such connection, or that it has expired.
	ErrNotConnected = errors.New("not connected")
	// ErrTooMany says that a connection has [MaxSubscriptions].
	ErrTooMany = errors.New("too many subscriptions")
)

// Client is what is used of DynamoDB.
type Client interface {
	dynamodb.QueryAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Connections are the open connections and their subscriptions, in one table:
//
//	pk                     sk            owner  topics(SS)                    expires  until
//	connection|<id>        <id>          ada    {<pk of each subscription>}   N
//	topic|<owner>|<topic>  <connection>                                       N
//	subscriptions          latest                                                      N
//
// Times are in seconds since 1970. The notifier and the handler ignore a row from its expires on, and DynamoDB removes
// it some time after that.
//
// A connection's row is written before a subscription's and deleted before it, each alone: a subscription that is made while
// its connection closes may be left over. It ends with the first post that finds the connection gone, or expires. So may
// one that a client takes back before it was confirmed.
//
// The last row is one record for the whole table. No subscription expires later than until: Subscribe raises the record
// before it writes a subscription, and nobody lowers or deletes it. So once until is past, or while there is no record,
// nobody is subscribed, and the notifier needs one read to know that.
type Connections struct {
	client Client
	table  string
	now    func() time.Time
	// covered is a time, in seconds since 1970, that the record is known to have reached.
	covered atomic.Int64
}

// NewConnections returns the connections in a table, annalsaws.Connections.
func NewConnections(client Client, table string) *Connections {
	return &Connections{client: client, table: table, now: time.Now}
}

// Open stores a connection and whose it is.
func (c *Connections) Open(ctx context.Context, id, owner string) error {
	item := key("connection|"+id, id)
	item["owner"] = text(owner)
	item["expires"] = c.seconds(lifetime)
	if _, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: item}); err != nil {
		return fmt.Errorf("open connection %s: %w", id, err)
	}
	return nil
}

// Subscribe lets an owner's connection be told of a topic. Again changes nothing.
//
// Errors: [ErrNotConnected], [ErrTooMany].
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

// Unsubscribe ends a subscription of an owner's connection, if there is one.
//
// Errors: [ErrNotConnected].
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

// update changes the topics of an owner's connection, and returns its row. DynamoDB does one update of an item after the
// other, so the bound on subscriptions holds however many arrive at once.
func (c *Connections) update(ctx context.Context, id, owner, partition, change, condition string, more values) (values, error) {
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
		if topics, _ := failed.Item["topics"].(*types.AttributeValueMemberSS); topics != nil && len(topics.Value) >= MaxSubscriptions {
			return nil, ErrTooMany
		}
		return nil, ErrNotConnected
	}
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// Close deletes all rows of a connection. A connection without rows is closed already.
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

// delete deletes a row, and returns what it was.
func (c *Connections) delete(ctx context.Context, partition, sort string) (values, error) {
	out, err := c.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &c.table, Key: key(partition, sort), ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// subscribers returns the connections that are subscribed under a partition key. It reads strongly consistent: who was
// answered "subscribed" is told of every later change.
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

// seconds is a time from now, as the time to live has it.
func (c *Connections) seconds(from time.Duration) types.AttributeValue {
	return number(c.now().Add(from).Unix())
}

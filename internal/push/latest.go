package push

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// latestKey is the key of the record of the latest expiry: no subscription expires later. The record has no attribute
// expires, so DynamoDB never removes it.
var latestKey = key("subscriptions", "latest")

// slack is by how much the record may exceed the latest expiry. Processes raise the record to whole multiples of slack.
// So a process writes it at most once in that time, however many clients subscribe. (DynamoDB accepts 1,000 writes a
// second of one item.)
const slack = 10 * time.Minute

// cover makes sure that the record is not earlier than a subscription's expiry. It writes nothing if this process has
// already seen a late enough record: no code lowers the record, so it still is late enough.
func (c *Connections) cover(ctx context.Context, expires int64) error {
	if expires <= c.covered.Load() {
		return nil
	}
	step := int64(slack / time.Second)
	until := (expires + step - 1) / step * step
	_, err := c.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &c.table, Key: latestKey,
		UpdateExpression:          aws.String("SET #until = :until"),
		ConditionExpression:       aws.String("attribute_not_exists(#until) OR #until < :until"),
		ExpressionAttributeNames:  map[string]string{"#until": "until"},
		ExpressionAttributeValues: values{":until": number(until)},
	})
	var later *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &later) {
		return fmt.Errorf("raise the latest expiry: %w", err)
	}
	c.covered.Store(until) // a concurrent call may have stored a later time: then the next call writes once more
	return nil
}

// anybody reports whether there may be a subscription. It reads strongly consistent, as [Connections.subscribers] does.
func (c *Connections) anybody(ctx context.Context) (bool, error) {
	out, err := c.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &c.table, Key: latestKey, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return false, fmt.Errorf("read the latest expiry: %w", err)
	}
	return secondsOf(out.Item["until"]) > c.now().Unix(), nil
}

// secondsOf returns the number in an attribute, 0 if there is none.
func secondsOf(value types.AttributeValue) int64 {
	n, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	seconds, _ := strconv.ParseInt(n.Value, 10, 64)
	return seconds
}

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

// latestKey is the key of the record that no subscription outlives. It has no expires, so DynamoDB never removes it.
var latestKey = key("subscriptions", "latest")

// slack is how much longer than any subscription the record may last. Processes raise it to whole multiples of slack,
// so each writes it once in that time, however many clients subscribe: DynamoDB takes 1,000 writes of an item a second.
const slack = 10 * time.Minute

// cover makes sure that the record is not earlier than a subscription's expiry. It writes nothing where this process
// knows that already: nobody lowers the record, so what a process once knew stays true.
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
	c.covered.Store(until) // one that is lower than another's costs a write, no more
	return nil
}

// anybody says whether there may be a subscription. It reads strongly consistent, as [Connections.subscribers] does.
func (c *Connections) anybody(ctx context.Context) (bool, error) {
	out, err := c.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &c.table, Key: latestKey, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return false, fmt.Errorf("read the latest expiry: %w", err)
	}
	return secondsOf(out.Item["until"]) > c.now().Unix(), nil
}

// secondsOf reads what number wrote, 0 where there is nothing.
func secondsOf(value types.AttributeValue) int64 {
	n, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	seconds, _ := strconv.ParseInt(n.Value, 10, 64)
	return seconds
}

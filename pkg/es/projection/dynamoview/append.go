package dynamoview

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Append implements [projection.View]: one conditional PutItem for each row, several at once.
func (v *View) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	for _, row := range rows {
		if err := keyFits(row.Key); err != nil {
			return fmt.Errorf("append row: %w", err)
		}
	}
	return each(rows, func(_ int, row projection.AppendRow) error {
		if err := v.appendRow(ctx, g, row); err != nil {
			return fmt.Errorf("append row %q: %w", row.Key, err)
		}
		return nil
	})
}

func (v *View) appendRow(ctx context.Context, g projection.Generation, row projection.AppendRow) error {
	i := rowKey(g, projection.RowKey{Key: row.Key, Kind: projection.AppendedRow})
	i["row"], i["epoch"] = str(string(row.Row)), num(int64(row.Epoch))
	err := alone(ctx, func() error {
		_, err := v.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &v.table, Item: i,
			ConditionExpression:       aws.String("attribute_not_exists(pk) OR epoch < :e"),
			ExpressionAttributeValues: item{":e": i["epoch"]},
		})
		return err
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) { // a row of the same or a later epoch exists
		return nil
	}
	return sized(err)
}

package dynamokeys

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Subjects implements [personal.Keys]. It scans the whole table, notes included. DynamoDB does not send the secrets.
//
// Errors: none of its own.
func (k *Keys) Subjects(ctx context.Context) iter.Seq2[personal.Key, error] {
	return func(yield func(personal.Key, error) bool) {
		pages := dynamodb.NewScanPaginator(k.client, &dynamodb.ScanInput{
			TableName: &k.table, ConsistentRead: aws.Bool(true),
			FilterExpression:     aws.String("#about = :key"),
			ProjectionExpression: aws.String("#subject, #number, #at, #forgotten"),
			ExpressionAttributeNames: map[string]string{
				"#about": aboutName, "#subject": subjectName, "#number": numberName, "#at": atName, "#forgotten": forgottenName,
			},
			ExpressionAttributeValues: item{":key": text(keyItem)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(personal.Key{}, fmt.Errorf("list the keys of all subjects: %w", dynamofault.MarkUnavailable(err)))
				return
			}
			for _, stored := range page.Items {
				key, err := decodeListed(stored)
				if err != nil {
					yield(personal.Key{}, fmt.Errorf("list the keys of all subjects: %w", err))
					return
				}
				if !yield(key, nil) {
					return
				}
			}
		}
	}
}

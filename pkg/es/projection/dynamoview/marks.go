package dynamoview

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Marks yields the version and hash of each checkpoint of a generation, to be compared with the streams. It scans the
// table.
//
// Errors: DynamoDB's; one that names a checkpoint that can't be read.
func (v *View) Marks(ctx context.Context, g projection.Generation) iter.Seq2[es.CommitRef, error] {
	prefix := partition(g, stateKind, "")
	return func(yield func(es.CommitRef, error) bool) {
		pages := dynamodb.NewScanPaginator(v.client, &dynamodb.ScanInput{
			TableName: &v.table, ConsistentRead: aws.Bool(true),
			FilterExpression:          aws.String("begins_with(pk, :p)"),
			ExpressionAttributeValues: item{":p": str(prefix)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(es.CommitRef{}, fmt.Errorf("checkpoints: %w", err))
				return
			}
			for _, i := range page.Items {
				if !yield(mark(i, prefix)) {
					return
				}
			}
		}
	}
}

func mark(i item, prefix string) (es.CommitRef, error) {
	stream, err := streamOf(i, strings.TrimPrefix(text(i, "pk"), prefix))
	if err != nil {
		return es.CommitRef{}, fmt.Errorf("checkpoint %q: %w", text(i, "pk"), err)
	}
	version, err := number(i, "version")
	if err != nil {
		return es.CommitRef{}, fmt.Errorf("checkpoint %q: %w", text(i, "pk"), err)
	}
	m := es.CommitRef{StreamVersion: es.StreamVersion{Stream: stream, Version: version}}
	if hash, ok := i["hash"].(*types.AttributeValueMemberB); ok {
		m.Hash = hash.Value
	}
	return m, nil
}

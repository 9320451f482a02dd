package dynamostore

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// Inspect implements [es.Inspector], with one Query per page.
func (st *Store) Inspect(
	ctx context.Context, stream es.StreamID, versions es.VersionRange,
) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		if err := stream.Validate(); err != nil {
			yield(es.ScanPage{}, err)
			return
		}
		from, to := versions.From, versions.To
		q := st.query(stream)
		q.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		switch {
		case to > 0 && to < from:
			return
		case to > 0:
			q.KeyConditionExpression = aws.String("#s = :s AND version BETWEEN :from AND :to")
			q.ExpressionAttributeValues[":from"], q.ExpressionAttributeValues[":to"] = n(from), n(to)
		default:
			q.KeyConditionExpression = aws.String("#s = :s AND version >= :from")
			q.ExpressionAttributeValues[":from"] = n(from)
		}
		for more := true; more; {
			out, err := st.client.Query(ctx, q)
			if err != nil {
				yield(es.ScanPage{}, fmt.Errorf("inspect %s: %w", stream, dynamofault.MarkUnavailable(err)))
				return
			}
			a := answer{
				items: out.Items, last: out.LastEvaluatedKey, consumed: out.ConsumedCapacity,
				position: func(Item) es.Position { return "" },
			}
			q.ExclusiveStartKey = out.LastEvaluatedKey
			more = a.pages(yield) && len(out.LastEvaluatedKey) > 0
		}
	}
}

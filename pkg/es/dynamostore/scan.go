package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

var (
	_ es.Scanner   = (*Store)(nil)
	_ es.Inspector = (*Store)(nil)
)

// maxSegments is DynamoDB's maximum number of segments.
const maxSegments = 1_000_000

// Scan implements [es.Scanner]: a parallel Scan with one request per page. DynamoDB keeps all items of a partition key
// in one segment, together and in the order of their sort key. The store's client must be a [dynamodb.ScanAPIClient].
func (st *Store) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		start, err := startKey(segment)
		if err != nil {
			yield(es.ScanPage{}, err)
			return
		}
		client, ok := st.client.Client.(dynamodb.ScanAPIClient)
		if !ok {
			yield(es.ScanPage{}, errors.New("scan: the store's client has no Scan method: pass a dynamodb.ScanAPIClient to New"))
			return
		}
		in := &dynamodb.ScanInput{
			TableName:              &st.table,
			ConsistentRead:         aws.Bool(segment.Consistent),
			ExclusiveStartKey:      start,
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
			Segment:                aws.Int32(int32(segment.Index)), //nolint:gosec // at most maxSegments
			TotalSegments:          aws.Int32(int32(segment.Of)),    //nolint:gosec // at most maxSegments
		}
		if segment.Limit > 0 {
			in.Limit = aws.Int32(int32(min(segment.Limit, math.MaxInt32)))
		}
		for more := segment.After != es.End; more; {
			out, err := client.Scan(ctx, in)
			if err != nil {
				err = dynamofault.MarkUnavailable(err)
				yield(es.ScanPage{}, fmt.Errorf("scan segment %d of %d: %w", segment.Index, segment.Of, err))
				return
			}
			a := answer{
				items: out.Items, last: out.LastEvaluatedKey, consumed: out.ConsumedCapacity,
				position: func(key Item) es.Position { return position(segment, key) },
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
			more = a.pages(yield) && len(out.LastEvaluatedKey) > 0
		}
	}
}

// position returns the position after an item. It is made from the stored key, so the item need not be readable.
func position(segment es.Segment, key Item) es.Position {
	if len(key) == 0 {
		return es.End
	}
	stream, version := keyOf(key)
	return storekit.Position(segment, version+" "+stream)
}

// startKey returns the key of the item after which a segment starts.
func startKey(segment es.Segment) (Item, error) {
	if segment.Of > maxSegments {
		reason := fmt.Sprintf("the number of segments must be at most %d", maxSegments)
		return nil, &es.SegmentError{Segment: segment, Reason: reason}
	}
	key, err := storekit.PositionKey(segment)
	if err != nil || key == "" {
		return nil, err
	}
	version, stream, _ := strings.Cut(key, " ")
	return Item{"stream": s(stream), "version": &types.AttributeValueMemberN{Value: version}}, nil
}

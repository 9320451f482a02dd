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

// maxSegments is the most segments that DynamoDB takes.
const maxSegments = 1_000_000

// Scan implements [es.Scanner]: a parallel Scan, one request a page. DynamoDB puts all items of a partition key into one
// segment, one after the other by their sort key. The store's client must be a [dynamodb.ScanAPIClient].
func (st *Store) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		start, err := startKey(segment)
		if err != nil {
			yield(es.ScanPage{}, err)
			return
		}
		client, ok := st.client.Client.(dynamodb.ScanAPIClient)
		if !ok {
			yield(es.ScanPage{}, errors.New("scan: the store was made with a client that has no Scan"))
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
				yield(es.ScanPage{}, fmt.Errorf("scan segment %d of %d: %w", segment.Index, segment.Of, dynamofault.MarkUnavailable(err)))
				return
			}
			a := answer{items: out.Items, last: out.LastEvaluatedKey, consumed: out.ConsumedCapacity, position: func(key Item) es.Position {
				return position(segment, key)
			}}
			in.ExclusiveStartKey = out.LastEvaluatedKey
			more = a.pages(yield) && len(out.LastEvaluatedKey) > 0
		}
	}
}

// position is the position after an item, made of the key as it is stored: no commit need be readable for it.
func position(segment es.Segment, key Item) es.Position {
	if len(key) == 0 {
		return es.End
	}
	stream, version := keyOf(key)
	return storekit.Position(segment, version+" "+stream)
}

// startKey returns the key of the item that a segment's position is after.
func startKey(segment es.Segment) (Item, error) {
	if segment.Of > maxSegments {
		return nil, &es.SegmentError{Segment: segment, Reason: fmt.Sprintf("DynamoDB takes %d segments at most", maxSegments)}
	}
	key, err := storekit.PositionKey(segment)
	if err != nil || key == "" {
		return nil, err
	}
	version, stream, _ := strings.Cut(key, " ")
	return Item{"stream": s(stream), "version": &types.AttributeValueMemberN{Value: version}}, nil
}

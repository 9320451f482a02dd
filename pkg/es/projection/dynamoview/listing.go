package dynamoview

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// maxPage is the most rows that a listing reads in one request.
const maxPage = 1000

// List implements [projection.View]: one Query for each page of rows. Each page may be twice as long as the one before.
func (v *View) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	return func(yield func(projection.Listed, error) bool) {
		q, err := v.listQuery(g, l)
		if err != nil {
			yield(projection.Listed{}, err)
			return
		}
		for limit := min(max(l.PageSize, 1), maxPage); ; limit = min(2*limit, maxPage) {
			q.Limit = aws.Int32(int32(limit))
			page, err := v.client.Query(ctx, q)
			if err != nil {
				yield(projection.Listed{}, fmt.Errorf("list %q: %w", l.Partition, err))
				return
			}
			for _, i := range page.Items {
				if row, err := listedRow(g, l, i); !yield(row, err) || err != nil {
					return
				}
			}
			if q.ExclusiveStartKey = page.LastEvaluatedKey; len(q.ExclusiveStartKey) == 0 {
				return
			}
		}
	}
}

func (v *View) listQuery(g projection.Generation, l projection.Listing) (*dynamodb.QueryInput, error) {
	q := &dynamodb.QueryInput{
		TableName: &v.table, ScanIndexForward: aws.Bool(!l.Descending), ExpressionAttributeValues: item{},
	}
	pk, sk := "pk", "sk"
	if l.Kind == projection.IndexedRow {
		if l.Slot < 0 || l.Slot >= maxSlots {
			return nil, fmt.Errorf("list %q: there is no list number %d", l.Partition, l.Slot)
		}
		pk, sk, _ = slotAttributes(l.Slot)
		q.IndexName = aws.String(indexName(l.Slot)) // an index has no strongly consistent reads
		q.ExpressionAttributeValues[":p"] = str(slotPartition(g, l.Partition))
	} else {
		q.ConsistentRead = aws.Bool(true)
		q.ExpressionAttributeValues[":p"] = str(partition(g, kinds[l.Kind], l.Partition))
	}
	condition := pk + " = :p"
	if l.After != "" {
		than := ">"
		if l.Descending {
			than = "<"
		}
		condition += fmt.Sprintf(" AND %s %s :a", sk, than)
		q.ExpressionAttributeValues[":a"] = str(l.After)
	}
	q.KeyConditionExpression = &condition
	return q, nil
}

func listedRow(g projection.Generation, l projection.Listing, i item) (projection.Listed, error) {
	if l.Kind == projection.IndexedRow {
		return indexedRow(g, l.Slot, i)
	}
	key := projection.RowKey{Key: projection.Key{Partition: l.Partition, Sort: text(i, "sk")}, Kind: l.Kind}
	row, err := rowOf(key, i)
	return projection.Listed{Key: key.Key, Row: row}, err
}

func indexedRow(g projection.Generation, n int, i item) (projection.Listed, error) {
	slot := slotOf(g, i, n)
	stream, err := documentOf(strings.TrimPrefix(text(i, "pk"), partition(g, stateKind, "")), slot.Sort)
	return projection.Listed{Key: slot.Key, Row: projection.Row{Row: slot.Row}, Stream: stream}, err
}

// documentOf returns the stream of a document. An index has the stream's name in keys, or a hash of a long name. With a
// hash, the name is at the end of the sort key, after a "|".
func documentOf(name, sort string) (es.StreamID, error) {
	if strings.Contains(name, "#") {
		return es.ParseStreamID(name)
	}
	for rest, ok := sort, true; ok; {
		if _, rest, ok = strings.Cut(rest, "|"); ok && len(rest) > maxName && hashOf(rest) == name {
			return es.ParseStreamID(rest)
		}
	}
	return es.StreamID{}, fmt.Errorf("document %s of a list: its sort key %.99q does not end with its stream", name, sort)
}

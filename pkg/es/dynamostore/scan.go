package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
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
		client, ok := st.client.(dynamodb.ScanAPIClient)
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
				yield(es.ScanPage{}, fmt.Errorf("scan segment %d of %d: %w", segment.Index, segment.Of, err))
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

// Inspect implements [es.Inspector]: one Query a page.
func (st *Store) Inspect(ctx context.Context, stream es.StreamID, from, to int64) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		if err := stream.Validate(); err != nil {
			yield(es.ScanPage{}, err)
			return
		}
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
				yield(es.ScanPage{}, fmt.Errorf("inspect %s: %w", stream, err))
				return
			}
			a := answer{items: out.Items, last: out.LastEvaluatedKey, consumed: out.ConsumedCapacity, position: func(Item) es.Position { return "" }}
			q.ExclusiveStartKey = out.LastEvaluatedKey
			more = a.pages(yield) && len(out.LastEvaluatedKey) > 0
		}
	}
}

// answer is DynamoDB's answer to a Scan or a Query.
type answer struct {
	items    []Item
	last     Item // the key after which there is more
	consumed *types.ConsumedCapacity
	position func(key Item) es.Position
}

// pageBytes is from where on a page is cut, in bytes of payloads: 1 MB of compressed items may be many times that.
const pageBytes = 4 << 20

// pages yields the answer as one page, or as several where its payloads are large, and tells whether to go on.
func (a *answer) pages(yield func(es.ScanPage, error) bool) bool {
	var page es.ScanPage
	if a.consumed != nil {
		page.Units = aws.ToFloat64(a.consumed.CapacityUnits)
	}
	size := 0
	for i, item := range a.items {
		c, corrupt := examine(item)
		if corrupt != nil {
			page.Corrupt = append(page.Corrupt, corrupt)
			continue
		}
		page.Commits = append(page.Commits, c)
		for _, e := range c.Events {
			size += len(e.Data)
		}
		if size > pageBytes && i < len(a.items)-1 {
			page.Next = a.position(item)
			if !yield(page, nil) {
				return false
			}
			page, size = es.ScanPage{}, 0
		}
	}
	page.Next = a.position(a.last)
	return yield(page, nil)
}

// examine decodes an item, and checks what readers of commits have no use for.
func examine(item Item) (es.Commit, *es.CorruptError) {
	c, err := Decode(item)
	if err == nil {
		err = checkTypes(item, &c)
	}
	var corrupt *es.CorruptError
	if !errors.As(err, &corrupt) {
		return c, nil
	}
	if corrupt.Stream.Validate() != nil || corrupt.Version < 1 {
		stream, version := keyOf(item)
		corrupt.Reason = fmt.Sprintf("item {stream: %q, version: %s}", stream, version)
	}
	return es.Commit{}, corrupt
}

// checkTypes checks the attribute that event filters look at and the hash does not cover: the set of the events' types.
func checkTypes(item Item, c *es.Commit) error {
	r := reader{item: item}
	var names []string
	if set, ok := get[*types.AttributeValueMemberSS](&r, "types"); ok {
		names = set.Value
	}
	want := map[string]bool{}
	for _, e := range c.Events {
		want[e.Type] = true
	}
	if len(names) != len(want) || slices.ContainsFunc(names, func(name string) bool { return !want[name] }) {
		r.fail("types", errors.New("is not the set of the events' types"))
	}
	if r.err != nil {
		return &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "item", Err: r.err}
	}
	return nil
}

// position is the position after an item, made of the key as it is stored: no commit need be readable for it.
func position(segment es.Segment, key Item) es.Position {
	if len(key) == 0 {
		return es.End
	}
	stream, version := keyOf(key)
	return segment.At(version + " " + stream)
}

func keyOf(item Item) (stream, version string) {
	if v, ok := item["stream"].(*types.AttributeValueMemberS); ok {
		stream = v.Value
	}
	if v, ok := item["version"].(*types.AttributeValueMemberN); ok {
		version = v.Value
	}
	return stream, version
}

// startKey returns the key of the item that a segment's position is after.
func startKey(segment es.Segment) (Item, error) {
	if segment.Of > maxSegments {
		return nil, &es.SegmentError{Segment: segment, Reason: fmt.Sprintf("DynamoDB takes %d segments at most", maxSegments)}
	}
	key, err := segment.Key()
	if err != nil || key == "" {
		return nil, err
	}
	version, stream, _ := strings.Cut(key, " ")
	return Item{"stream": s(stream), "version": &types.AttributeValueMemberN{Value: version}}, nil
}

package dynamostore

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
)

// answer is DynamoDB's answer to a Scan or a Query.
type answer struct {
	items    []Item
	last     Item // LastEvaluatedKey, empty on the last page
	consumed *types.ConsumedCapacity
	position func(key Item) es.Position
}

// pageBytes is the size of payloads at which a page is cut, in bytes: 1 MB of compressed items may unpack to many times
// that.
const pageBytes = 4 << 20

// pages yields the answer as one page, or as several if its payloads are large. It returns false if the caller wants no
// more.
func (a *answer) pages(yield func(es.ScanPage, error) bool) bool {
	var page es.ScanPage
	if a.consumed != nil {
		page.Units = aws.ToFloat64(a.consumed.CapacityUnits)
	}
	page.Commits = make([]es.Commit, 0, len(a.items))
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
			page, size = es.ScanPage{Commits: make([]es.Commit, 0, len(a.items)-i-1)}, 0
		}
	}
	page.Next = a.position(a.last)
	return yield(page, nil)
}

// examine decodes an item, and also checks attributes that Decode does not need.
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

// checkTypes checks the set of the events' types, which event filters use and the hash does not cover.
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

func keyOf(item Item) (stream, version string) {
	if v, ok := item["stream"].(*types.AttributeValueMemberS); ok {
		stream = v.Value
	}
	if v, ok := item["version"].(*types.AttributeValueMemberN); ok {
		version = v.Value
	}
	return stream, version
}

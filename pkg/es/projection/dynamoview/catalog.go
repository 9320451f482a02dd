package dynamoview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Catalog stores the generations of all projections in one table with the keys of [ReadTable]. The records have the
// partition key "generations", so that one Query reads them all. Positions of segments have
// "positions|<generation>|<projection>", notes have "notes|<generation>|<projection>".
type Catalog struct {
	client Client
	table  string
}

var _ projection.Catalog = (*Catalog)(nil)

// NewCatalog returns the catalog in a table.
func NewCatalog(client Client, table string) *Catalog {
	return &Catalog{client: marked{client}, table: table}
}

const records = "generations"

// Records implements [projection.Catalog].
func (c *Catalog) Records(ctx context.Context) (map[string]projection.Record, error) {
	out := map[string]projection.Record{}
	err := c.query(ctx, records, func(name string, i item) error {
		var r projection.Record
		if err := json.Unmarshal([]byte(text(i, "record")), &r); err != nil {
			return fmt.Errorf("record of projection %q: %w", name, err)
		}
		out[name] = r
		return nil
	})
	return out, err
}

// Replace implements [projection.Catalog].
func (c *Catalog) Replace(ctx context.Context, r projection.Record) error {
	prev := r.Revision
	r.Revision++
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	put := &dynamodb.PutItemInput{
		TableName: &c.table,
		Item: item{
			"pk": str(records), "sk": str(r.Projection), "revision": num(r.Revision), "record": str(string(doc)),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}
	if prev > 0 {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("revision = :r"), item{":r": num(prev)}
	}
	_, err = c.client.PutItem(ctx, put)
	var moved *types.ConditionalCheckFailedException
	if errors.As(err, &moved) {
		return projection.ErrStale
	}
	return err
}

func positions(name string, g projection.Generation) string {
	return fmt.Sprintf("positions|%d|%s", g, name)
}

// Positions implements [projection.Catalog].
func (c *Catalog) Positions(ctx context.Context, name string, g projection.Generation) (map[int]es.Position, error) {
	out := map[int]es.Position{}
	err := c.query(ctx, positions(name, g), func(segment string, i item) error {
		n, err := strconv.Atoi(segment)
		out[n] = es.Position(text(i, "position"))
		return err
	})
	return out, err
}

// SavePosition implements [projection.Catalog].
func (c *Catalog) SavePosition(
	ctx context.Context, name string, g projection.Generation, segment int, p es.Position,
) error {
	_, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: item{
		"pk": str(positions(name, g)), "sk": str(strconv.Itoa(segment)), "position": str(string(p)),
	}})
	return err
}

func notes(name string, g projection.Generation) string { return fmt.Sprintf("notes|%d|%s", g, name) }

// Notes implements [projection.Catalog].
func (c *Catalog) Notes(ctx context.Context, name string, g projection.Generation) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	err := c.query(ctx, notes(name, g), func(note string, i item) error {
		if what := text(i, "note"); what != "" {
			out[note] = json.RawMessage(what)
		}
		return nil
	})
	return out, err
}

// SaveNote implements [projection.Catalog]. A removed note leaves an empty item: the functions that use the catalog may
// not delete items.
func (c *Catalog) SaveNote(
	ctx context.Context, name string, g projection.Generation, note string, what json.RawMessage,
) error {
	_, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: item{
		"pk": str(notes(name, g)), "sk": str(note), "note": str(string(what)),
	}})
	return err
}

func (c *Catalog) query(ctx context.Context, partition string, each func(sort string, i item) error) error {
	pages := dynamodb.NewQueryPaginator(c.client, &dynamodb.QueryInput{
		TableName: &c.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: item{":p": str(partition)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			if err := each(text(i, "sk"), i); err != nil {
				return err
			}
		}
	}
	return nil
}

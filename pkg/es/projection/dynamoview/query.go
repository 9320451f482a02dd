package dynamoview

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Reader reads one generation of a view, strongly consistent.
type Reader struct {
	view *View
	g    projection.Generation
}

// At returns the reader of a generation.
func (v *View) At(g projection.Generation) Reader { return Reader{view: v, g: g} }

// State reads a stream's state into out, and returns the version that it is at, 0 if the projection has not seen the
// stream.
func (r Reader) State(ctx context.Context, stream es.StreamID, out any) (int64, error) {
	cp, err := r.Checkpoint(ctx, stream)
	if err != nil || cp.State == nil {
		return 0, err
	}
	return cp.Version, json.Unmarshal(cp.State, out)
}

// Checkpoint reads how far the projection has come with a stream.
func (r Reader) Checkpoint(ctx context.Context, stream es.StreamID) (projection.Checkpoint, error) {
	all, err := r.view.Checkpoints(ctx, r.g, stream)
	return all[stream], err
}

// Checkpoints reads how far the projection has come with streams, in one request for each hundred. It leaves out
// streams that the projection has not seen.
func (r Reader) Checkpoints(
	ctx context.Context, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	return r.view.Checkpoints(ctx, r.g, streams...)
}

// Counters reads a row of counters, exact decimal numbers by name. nil = nothing was ever added to it.
func (r Reader) Counters(ctx context.Context, key projection.Key) (map[string]string, error) {
	out, err := r.view.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &r.view.table, ConsistentRead: aws.Bool(true),
		Key: item{"pk": str(partition(r.g, countKind, key.Partition)), "sk": str(key.Sort)},
	})
	if err != nil || len(out.Item) == 0 {
		return nil, err
	}
	return counters(out.Item), nil
}

func counters(i item) map[string]string {
	out := map[string]string{}
	for name, av := range i {
		if n, ok := av.(*types.AttributeValueMemberN); ok && strings.HasPrefix(name, counterPrefix) {
			out[strings.TrimPrefix(name, counterPrefix)] = n.Value
		}
	}
	return out
}

// AllCounters reads all rows of counters in partitions, by sort key.
func (r Reader) AllCounters(ctx context.Context, partitions ...string) (map[string]map[string]string, error) {
	var mu sync.Mutex
	out := map[string]map[string]string{}
	err := each(partitions, func(_ int, name string) error {
		pages := dynamodb.NewQueryPaginator(r.view.client, r.query(countKind, name))
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			mu.Lock()
			for _, i := range page.Items {
				out[text(i, "sk")] = counters(i)
			}
			mu.Unlock()
		}
		return nil
	})
	return out, err
}

// List says which rows to list.
type List struct {
	// Partitions hold the rows; they are merged by sort key.
	Partitions []string
	Descending bool
	// Limit is the most rows in the page, from 1.
	Limit int
	// MaxBytes ends the page, too: before the row with which its rows have more, but not before the first. 0 = nothing
	// does.
	MaxBytes int
	// Size is how many bytes a row counts. Default: its length.
	Size func(row json.RawMessage) int
	// Cursor is where the page before ended, "" for the first page.
	Cursor string
}

// listed is a row of a list, where it is, and how many bytes it counts.
type listed struct {
	key  projection.Key
	row  json.RawMessage
	size int
}

// Page is a part of a list.
type Page struct {
	Rows []json.RawMessage
	// Keys are where the rows are, one for each.
	Keys []projection.Key
	// Next is the cursor of the page after, "" if this is the last.
	Next string
}

// Rows lists rows.
//
// Errors: [projection.ErrCursor].
func (r Reader) Rows(ctx context.Context, l List) (Page, error) {
	after, err := r.after(l.Cursor)
	if err != nil {
		return Page{}, err
	}
	if l.Size == nil {
		l.Size = func(row json.RawMessage) int { return len(row) }
	}
	found := make([][]listed, len(l.Partitions))
	err = each(l.Partitions, func(i int, name string) error {
		var err error
		found[i], err = r.rows(ctx, name, l, after)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b listed) int {
		if l.Descending {
			a, b = b, a
		}
		return cmp.Compare(a.key.Sort, b.key.Sort)
	})
	var page Page
	n := l.fit(all)
	for _, one := range all[:n] {
		page.Rows, page.Keys = append(page.Rows, one.row), append(page.Keys, one.key)
	}
	if n < len(all) {
		page.Next = r.cursor(all[n-1].key.Sort)
	}
	return page, nil
}

// fit is how many of rows are on one page.
func (l List) fit(rows []listed) int {
	bytes := 0
	for i, row := range rows {
		bytes += row.size
		if i == l.Limit || i > 0 && l.MaxBytes > 0 && bytes > l.MaxBytes {
			return i
		}
	}
	return len(rows)
}

// rows reads one more row of a partition, at least, than fits on the page: that tells whether there is a next page.
func (r Reader) rows(ctx context.Context, name string, l List, after string) ([]listed, error) {
	q := r.query(rowKind, name)
	q.ScanIndexForward = aws.Bool(!l.Descending)
	if after != "" {
		q.KeyConditionExpression = aws.String("pk = :p AND sk > :a")
		if l.Descending {
			q.KeyConditionExpression = aws.String("pk = :p AND sk < :a")
		}
		q.ExpressionAttributeValues[":a"] = str(after)
	}
	var rows []listed
	q.Limit = aws.Int32(int32(l.Limit + 1)) //nolint:gosec // pages are small
	pages := dynamodb.NewQueryPaginator(r.view.client, q)
	for pages.HasMorePages() && l.fit(rows) == len(rows) {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range page.Items {
			row := json.RawMessage(text(i, "row"))
			rows = append(rows, listed{key: projection.Key{Partition: name, Sort: text(i, "sk")}, row: row, size: l.Size(row)})
		}
	}
	return rows, nil
}

func (r Reader) query(kind, name string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &r.view.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(partition(r.g, kind, name))},
	}
}

// cursor carries the generation: a list goes on in the build that it began in.
func (r Reader) cursor(sort string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d|%s", r.g, sort))
}

func (r Reader) after(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	g, sort, err := parseCursor(cursor)
	if err != nil || g != r.g {
		return "", projection.ErrCursor
	}
	return sort, nil
}

// GenerationOf returns the generation that a list goes on in.
//
// Errors: [projection.ErrCursor].
func GenerationOf(cursor string) (projection.Generation, error) {
	g, _, err := parseCursor(cursor)
	return g, err
}

// maxSortBytes is the longest sort key on DynamoDB, which is UTF-8 too: a query from any other is an error.
const maxSortBytes = 1024

func parseCursor(cursor string) (projection.Generation, string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	number, sort, ok := strings.Cut(string(raw), "|")
	g, badNumber := strconv.Atoi(number)
	if err != nil || !ok || sort == "" || badNumber != nil || len(sort) > maxSortBytes || !utf8.ValidString(sort) {
		return 0, "", projection.ErrCursor
	}
	return projection.Generation(g), sort, nil
}

// atOnce is how many requests of one call are on their way at most.
const atOnce = 16

// each calls do for all elements, some at once, and returns their errors.
func each[T any](all []T, do func(i int, one T) error) error {
	errs := make([]error, len(all))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, one := range all {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i, one)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

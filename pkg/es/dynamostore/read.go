package dynamostore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// Empty implements [es.Loader].
func (st *Store) Empty(stream es.StreamID) es.Head { return st.seal.Empty(stream) }

// Head implements [es.Loader], with one Query for one item.
func (st *Store) Head(ctx context.Context, stream es.StreamID) (es.Head, error) {
	head := st.seal.Empty(stream)
	if err := stream.Validate(); err != nil {
		return es.Head{}, err
	}
	last, err := st.last(ctx, stream, 0)
	if err != nil || last == nil {
		return head, err
	}
	return st.seal.After(last), nil
}

// last returns a stream's last commit that starts before a version, or its last of all if before is 0; nil if there is
// none.
func (st *Store) last(ctx context.Context, stream es.StreamID, before int64) (*es.Commit, error) {
	q := st.query(stream)
	if before > 0 {
		q.KeyConditionExpression = aws.String("#s = :s AND version < :v")
		q.ExpressionAttributeValues[":v"] = n(before)
	}
	q.ScanIndexForward = aws.Bool(false)
	q.Limit = aws.Int32(1)
	page, err := st.client.Query(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, dynamofault.MarkUnavailable(err))
	}
	if len(page.Items) == 0 {
		return nil, nil
	}
	c, err := Decode(page.Items[0])
	return &c, err
}

// Load implements [es.Loader].
func (st *Store) Load(ctx context.Context, after es.Head, visit func(*es.Commit) error) (es.Head, error) {
	if !st.seal.Made(after) {
		return es.Head{}, es.ErrForeignHead
	}
	return st.follow(after, st.from(ctx, after.Stream(), after.Version()+1), visit)
}

// follow visits the commits that continue a head, and returns the new head.
func (st *Store) follow(
	head es.Head, commits iter.Seq2[es.Commit, error], visit func(*es.Commit) error,
) (es.Head, error) {
	for c, err := range commits {
		if err == nil && !bytes.Equal(c.Prev, head.Hash()) {
			reason := "its prev hash is not the hash of the commit before"
			err = &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: reason}
		}
		if err == nil {
			err = visit(&c)
		}
		if err != nil {
			return es.Head{}, err
		}
		head = st.seal.After(&c)
	}
	return head, nil
}

// Resume implements [es.Loader], with one Query that starts at the commit to resume from.
func (st *Store) Resume(
	ctx context.Context, after es.StreamVersion, hash []byte, visit func(*es.Commit) error,
) (es.Head, error) {
	next, stop := iter.Pull2(st.from(ctx, after.Stream, after.Version))
	defer stop()
	c, err, any := next()
	switch {
	case err != nil:
		return es.Head{}, err
	case !any, c.Version != after.Version, !bytes.Equal(c.Hash, hash):
		return es.Head{}, fmt.Errorf("%s: %w", after, es.ErrNotResumable)
	}
	rest := func(yield func(es.Commit, error) bool) {
		for c, err, more := next(); more && yield(c, err); c, err, more = next() {
		}
	}
	return st.follow(st.seal.After(&c), rest, visit)
}

// Read implements [es.Reader], strongly consistent.
func (st *Store) Read(ctx context.Context, stream es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for c, err := range st.containing(ctx, stream, max(r.From, 1)) {
			if err == nil && (beyond(c.Version, r.To) || after(c.At, r.AsOf)) {
				return
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func beyond(version, to int64) bool { return to > 0 && version > to }
func after(at, asOf time.Time) bool { return !asOf.IsZero() && at.After(asOf) }

// containing yields a stream's commits, starting with the one that contains a version.
func (st *Store) containing(ctx context.Context, stream es.StreamID, version int64) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		first := true
		for c, err := range st.from(ctx, stream, version) {
			if first && err == nil && c.Version > version {
				if !st.yieldBefore(ctx, stream, version, yield) {
					return
				}
			}
			first = false
			if !yield(c, err) || err != nil {
				return
			}
		}
		if first && version > 1 { // the stream ends before version, or inside the commit that contains it
			st.yieldBefore(ctx, stream, version, yield)
		}
	}
}

// yieldBefore yields the commit that starts before a version if it contains that version. It returns false if the
// caller wants no more.
func (st *Store) yieldBefore(
	ctx context.Context, stream es.StreamID, version int64, yield func(es.Commit, error) bool,
) bool {
	c, err := st.last(ctx, stream, version)
	switch {
	case err != nil:
		yield(es.Commit{}, err)
		return false
	case c == nil || c.LastVersion() < version:
		return true
	}
	return yield(*c, nil)
}

// from yields a stream's commits whose first version is at least the given one, and checks that there is no gap between
// them.
func (st *Store) from(ctx context.Context, stream es.StreamID, version int64) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		if err := stream.Validate(); err != nil {
			yield(es.Commit{}, err)
			return
		}
		q := st.query(stream)
		if version > 1 {
			q.KeyConditionExpression = aws.String("#s = :s AND version >= :v")
			q.ExpressionAttributeValues[":v"] = n(version)
		}
		next := int64(0)
		for item, err := range st.items(ctx, q) {
			var c es.Commit
			if err != nil {
				err = fmt.Errorf("read %s: %w", stream, err)
			} else if c, err = Decode(item); err == nil && next != 0 && c.Version != next {
				reason := fmt.Sprintf("expected version %d next", next)
				err = &es.CorruptError{Stream: stream, Version: c.Version, Reason: reason}
			}
			if !yield(c, err) || err != nil {
				return
			}
			next = c.LastVersion() + 1
		}
	}
}

// items yields all items of a query, page by page.
func (st *Store) items(ctx context.Context, q *dynamodb.QueryInput) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		pages := dynamodb.NewQueryPaginator(st.client, q)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, dynamofault.MarkUnavailable(err))
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

func (st *Store) query(stream es.StreamID) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                 &st.table,
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String("#s = :s"),
		ExpressionAttributeNames:  map[string]string{"#s": "stream"}, // a reserved word
		ExpressionAttributeValues: Item{":s": s(stream.String())},
	}
}

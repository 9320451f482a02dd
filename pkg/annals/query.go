package annals

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Document declares a query for the document of the stream whose id is in the path: "GET /orders/{id}". With ?version=N
// or ?asOf=INSTANT, it is answered from the events up to that point.
func Document[S any](route string, p *projection.Of[S], o ...Option) Part {
	return DocumentAs(route, p, func(_ string, document *S) S { return *document }, o...)
}

// DocumentAs is Document with an answer of another type: as makes it from the document and the stream's id.
func DocumentAs[S, R any](route string, p *projection.Of[S], as func(id string, document *S) R, o ...Option) Part {
	if as == nil {
		return broken(route, ShowsDocument, "its function is nil")
	}
	if p == nil {
		return broken(route, ShowsDocument, noProjection)
	}
	streamType := onlyStreamType(p)
	shows := &showing[S, R]{p, streamType, as}
	part := query[None, R](route, ShowsDocument, p, streamType, shows, o)
	part.Readings[0].replays = shows
	if streamType == "" {
		part.fault = "annals.Document: read model " + p.Name() + " reads streams of several types: use annals.Query"
	}
	return part
}

// showing is a query for a document.
type showing[S, R any] struct {
	projection *projection.Of[S]
	streamType string
	as         func(id string, document *S) R
}

func (d *showing[S, R]) stream(id string) es.StreamID { return es.StreamID{Type: d.streamType, ID: id} }

func (d *showing[S, R]) read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	found, err := d.projection.Document(ctx, s, d.stream(q.ID))
	if err != nil {
		return nil, err
	}
	return d.as(q.ID, &found.Data), nil
}

func (d *showing[S, R]) replay(ctx context.Context, store es.Reader, id string, at es.Point) (any, error) {
	var document S
	if err := projection.Replay(ctx, d.projection, store, d.stream(id), at, &document); err != nil {
		return nil, err
	}
	return d.as(id, &document), nil
}

// Listing says what a list shows. Q is the query's input, R the type of the rows, and T the type of the answer's items.
type Listing[Q, R, T any] struct {
	// Partitions returns the partitions whose rows are shown, merged by sort key. If nil, {id} in the path names the
	// partition.
	Partitions func(q Q) []string
	// Stream returns the stream that the list belongs to. If the read model has no document of it, the list is not
	// found. If Stream is nil, the answer may be an empty list.
	Stream func(q Q) es.StreamID
	// Descending lists the last row first.
	Descending bool
	// Item makes an item from a row and its key. It may be nil if R is T: the items are then the rows.
	Item func(q Q, at projection.Key, row R) T
}

// List declares a query for the rows of one partition of a list, page by page. {id} in the path names the partition.
func List[S, R any](route string, p *projection.Of[S], rows *projection.Rows[R], o ...Option) Part {
	return ListAs(route, p, rows, Listing[ByID, R, R]{}, o...)
}

// ListAs declares a query for a list, page by page. Q may have parameters: fields with the tag query. The edge adds
// limit and cursor.
func ListAs[S, Q, R, T any](
	route string, p *projection.Of[S], rows *projection.Rows[R], l Listing[Q, R, T], o ...Option,
) Part {
	if p == nil || rows == nil {
		return broken(route, ShowsList, noProjection)
	}
	part := query[Q, Page[T]](route, ShowsList, p, "", &listing[S, Q, R, T]{p, rows, l}, o)
	part.Readings[0].Indexed = rows.Indexed()
	switch {
	case l.Item == nil && reflect.TypeFor[R]() != reflect.TypeFor[T]():
		part.fault = "the list's rows are not its items: set annals.Listing.Item"
	case l.Partitions == nil && !slices.Contains(part.Parameters, "id") && route != "":
		part.fault = "the path has no {id} that names the list's partition: set annals.Listing.Partitions"
	}
	return part
}

// listing is a query for a list.
type listing[S, Q, R, T any] struct {
	projection *projection.Of[S]
	rows       *projection.Rows[R]
	Listing[Q, R, T]
}

func (l *listing[S, Q, R, T]) read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	in := *q.In.(*Q)
	partitions := []string{q.ID}
	if l.Partitions != nil {
		partitions = l.Partitions(in)
	}
	found, err := l.rows.Page(ctx, s, projection.Query{
		Partitions: partitions, Descending: l.Descending, Limit: q.Limit, Tokens: q.Tokens,
		MaxBytes: payload.PageBytes, Size: func(row json.RawMessage) int { return payload.Size(row) },
	})
	if err != nil {
		return nil, err
	}
	out := &Page[T]{Items: make([]T, 0, len(found.Items)), Next: found.Next}
	for _, row := range found.Items {
		if row.Err != nil { // one unreadable row must not break the list
			out.Leave(row.Key, row.Err)
			continue
		}
		out.Items = append(out.Items, l.item(in, row.Key, row.Row))
	}
	if l.Stream != nil && len(out.Items) == 0 {
		_, err = l.projection.Document(ctx, s, l.Stream(in))
	}
	return out, err
}

func (l *listing[S, Q, R, T]) item(in Q, at projection.Key, row R) T {
	if l.Item == nil { // the rows are the items
		out, _ := any(row).(T)
		return out
	}
	return l.Item(in, at, row)
}

// Query declares any other query of a read model: f answers it in a session of the read model. Q is its input.
func Query[S, Q, R any](
	route string, p *projection.Of[S], f func(context.Context, *projection.Session, Q) (R, error), o ...Option,
) Part {
	if f == nil {
		return broken(route, Asks, "its function is nil")
	}
	if p == nil {
		return broken(route, Asks, noProjection)
	}
	return query[Q, R](route, Asks, p, "", asking[Q, R](f), o)
}

// asking is any other query.
type asking[Q, R any] func(context.Context, *projection.Session, Q) (R, error)

func (ask asking[Q, R]) read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	out, err := ask(ctx, s, *q.In.(*Q))
	return &out, err
}

func query[Q, R any](
	route string, kind Kind, p projection.Projection, streamType string, r reads, o []Option,
) *operationPart {
	part := newOperation(route, kind, Operation{
		StreamType: streamType, In: reflect.TypeFor[Q](), Answer: reflect.TypeFor[R](),
		Readings: []Reading{{Projection: p.Name(), reads: r}},
	}, o)
	part.reads = p
	return part
}

// reader is a projection of any documents.
type reader interface{ StreamTypes() []string }

// onlyStreamType is the type of the streams that a projection reads, "" if it reads several types.
func onlyStreamType(p reader) string {
	types := p.StreamTypes()
	if len(types) != 1 {
		return ""
	}
	return types[0]
}

// AuditTrail declares the query for every event of a stream: "GET /streams/{type}/{id}".
func AuditTrail(route string, o ...Option) Part {
	return newOperation(route, ShowsEvents, Operation{In: reflect.TypeFor[None]()}, o)
}

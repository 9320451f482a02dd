package annals

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
)

// InSearch stores a read model in OpenSearch instead of in DynamoDB: its documents, whose declared fields people
// search. Such a read model has no lists, own rows and counters. A change of the fields needs a new fold version.
// Only deployments with the store Search have the read model: see [Service.On].
func InSearch(index searchindex.Index) ReadModelOption {
	return readModelOption(func(m *DeclaredReadModel) {
		m.Store, m.Index, m.Apart = Search, index, true
	})
}

// ErrSearchRefused means that OpenSearch refuses a search request.
var ErrSearchRefused = errors.New("OpenSearch refuses the search request")

// SendSearch sends a search request in OpenSearch's query language, as JSON, to the documents of a generation of a read
// model, and returns the answer.
//
// Errors: [es.ErrUnavailable]; [projection.ErrLost]; [ErrSearchRefused].
type SendSearch func(
	ctx context.Context, readModel string, g projection.Generation, request json.RawMessage,
) (json.RawMessage, error)

// SearchIndex are the documents of a read model in OpenSearch, as one request for a page of them sees them.
type SearchIndex struct {
	send       func(ctx context.Context, request json.RawMessage) (json.RawMessage, error)
	limit      int
	cursor     string
	generation projection.Generation
}

// Send sends a search request in OpenSearch's query language, for what [SearchFor] can't do. Documents are the member
// "doc" of what it finds. Those of streams without a document have none.
//
// https://docs.opensearch.org/latest/api-reference/search-apis/search/
//
// Errors: those of [SendSearch].
func (x *SearchIndex) Send(ctx context.Context, request json.RawMessage) (json.RawMessage, error) {
	return x.send(ctx, request)
}

// SearchRequest is what to search for. The names of fields begin with "doc.".
type SearchRequest struct {
	// Query is a query in OpenSearch's query language, as a value that becomes JSON. If nil, all documents are found.
	//
	// https://docs.opensearch.org/latest/query-dsl/
	Query any
	// Sort is how to sort, in OpenSearch's form: a list, such as []any{map[string]string{"doc.placed": "desc"}}. Its
	// pages repeat and skip nothing, and have no end.
	//
	// If empty, the best hits come first. Each new document changes how good the others are, so pages are told by
	// numbers: a hit may come on two pages, or on none, if documents are written in between, and there are 10,000
	// hits at most.
	Sort []any
	// Highlight are the fields in which the words are marked that were found.
	Highlight []string
}

// SearchHits are a page of what a search found.
type SearchHits[S any] struct {
	// Total is how many documents were found, on all pages.
	Total int64
	Hits  []SearchHit[S]
	// Next is the cursor of the next page, empty on the last.
	Next string
	// LeftOut are the documents that can't be decoded.
	LeftOut []LeftOut
}

// SearchHit is a document that was found.
type SearchHit[S any] struct {
	Stream   es.StreamID
	Version  int64
	Document S
	// Highlights are parts of the fields, by the fields' names, as HTML: the words are in <em>, everything else is
	// escaped.
	Highlights map[string][]string
}

// SearchFor returns a page of what a search finds. The page's limit and cursor are those of the caller's request. A
// page has fewer documents if the answer would be too large.
//
// Errors: those of [SendSearch]; [projection.ErrCursor] if the cursor is of another search.
func SearchFor[S any](ctx context.Context, x *SearchIndex, r SearchRequest) (SearchHits[S], error) {
	out := SearchHits[S]{Hits: []SearchHit[S]{}}
	request, err := x.request(r)
	if err != nil {
		return out, err
	}
	text, err := x.send(ctx, request)
	if x.cursor != "" && errors.Is(err, ErrSearchRefused) { // another version of the code has made the cursor
		return out, fmt.Errorf("%w: %w", projection.ErrCursor, err)
	}
	if err != nil {
		return out, err
	}
	var found foundHits
	if err := json.Unmarshal(text, &found); err != nil {
		return out, fmt.Errorf("the answer of OpenSearch: %w", err)
	}
	out.Total = found.Hits.Total.Value
	hits := found.Hits.Hits
	size := func(h foundHit) int { return len(h.Source.Doc) + len(h.Highlight) }
	kept := hits[:payload.Fit(hits, size)]
	for _, h := range kept {
		hit := SearchHit[S]{Version: h.Source.Annals.Version}
		hit.Stream, err = es.ParseStreamID(h.Source.Annals.Stream)
		if err == nil {
			err = json.Unmarshal(h.Source.Doc, &hit.Document)
		}
		if err == nil && len(h.Highlight) > 0 {
			err = json.Unmarshal(h.Highlight, &hit.Highlights)
		}
		if err != nil {
			key := projection.Key{Sort: h.Source.Annals.Stream}
			out.LeftOut = append(out.LeftOut, LeftOut{Key: key, Why: fmt.Sprintf("%T", err)})
			continue
		}
		out.Hits = append(out.Hits, hit)
	}
	if len(kept) > 0 && (len(kept) < len(hits) || len(hits) == x.limit) {
		out.Next = x.next(r, len(kept), kept[len(kept)-1].Sort)
	}
	return out, nil
}

// maxHits is how many hits OpenSearch numbers.
//
// https://docs.opensearch.org/latest/search-plugins/searching-data/paginate/
const maxHits = 10_000

// place is where a page begins: after a hit, or at the number of a hit in a generation.
type place struct {
	After      json.RawMessage       `json:"a,omitempty"`
	From       int                   `json:"f,omitempty"`
	Generation projection.Generation `json:"g,omitempty"`
}

// next is the cursor of the page after one with so many hits, empty if there is none.
func (x *SearchIndex) next(r SearchRequest, hits int, last json.RawMessage) string {
	p := place{After: last}
	if len(r.Sort) == 0 {
		at, _ := x.place(r) // it was read for this page
		p = place{From: at.From + hits, Generation: x.generation}
		if p.From >= maxHits {
			return ""
		}
	}
	text, _ := json.Marshal(p) // plain data can't fail
	return base64.RawURLEncoding.EncodeToString(text)
}

// place reads the cursor.
//
// Errors: [projection.ErrCursor].
func (x *SearchIndex) place(r SearchRequest) (p place, err error) {
	if x.cursor == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(x.cursor)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return p, projection.ErrCursor
	}
	var after []any
	numbered := p.From > 0 && p.From < maxHits && p.After == nil && p.Generation == x.generation
	sorted := json.Unmarshal(p.After, &after) == nil && len(after) == len(r.Sort)+1
	if len(r.Sort) == 0 && !numbered || len(r.Sort) > 0 && !sorted {
		return p, projection.ErrCursor
	}
	return p, nil
}

// foundHits is the answer to a search.
type foundHits struct {
	Hits struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
		Hits []foundHit `json:"hits"`
	} `json:"hits"`
}

type foundHit struct {
	Source struct {
		Annals struct {
			Stream  string `json:"stream"`
			Version int64  `json:"version"`
		} `json:"annals"`
		Doc json.RawMessage `json:"doc"`
	} `json:"_source"`
	Sort      json.RawMessage `json:"sort"`
	Highlight json.RawMessage `json:"highlight"`
}

// request is the request in OpenSearch's language. Equal hits are in the order of their streams.
func (x *SearchIndex) request(r SearchRequest) (json.RawMessage, error) {
	at, err := x.place(r)
	if err != nil {
		return nil, err
	}
	query := r.Query
	if query == nil {
		query = map[string]any{"match_all": struct{}{}}
	}
	sort := r.Sort
	if len(sort) == 0 {
		sort = []any{map[string]string{"_score": "desc"}}
	}
	request := map[string]any{
		"query": map[string]any{"bool": map[string]any{
			"must": query, "filter": map[string]any{"term": map[string]any{"annals.shown": true}},
		}},
		"sort": append(sort[:len(sort):len(sort)], map[string]string{"annals.stream": "asc"}),
		"size": min(x.limit, maxHits-at.From), "track_total_hits": true,
		"_source": []string{"annals.stream", "annals.version", "doc"},
	}
	if at.From > 0 {
		request["from"] = at.From
	}
	if at.After != nil {
		request["search_after"] = at.After
	}
	if len(r.Highlight) > 0 {
		fields := map[string]any{}
		for _, name := range r.Highlight {
			fields[name] = struct{}{}
		}
		request["highlight"] = map[string]any{"encoder": "html", "fields": fields}
	}
	return json.Marshal(request)
}

// Found is a page of what a search found, in the form of an answer.
type Found[T any] struct {
	Page[T]
	// Total is how many were found, on all pages.
	Total int64 `json:"total"`
}

// FoundOf makes the answer of hits. item makes an item of each.
func FoundOf[S, T any](hits SearchHits[S], item func(SearchHit[S]) T) Found[T] {
	out := Found[T]{Total: hits.Total}
	out.Items, out.Next, out.Unreadable, out.omitted = []T{}, hits.Next, len(hits.LeftOut), hits.LeftOut
	for _, h := range hits.Hits {
		out.Items = append(out.Items, item(h))
	}
	return out
}

// QuerySearch declares a query that f answers by a search in the documents of a read model, page by page: see
// [InSearch]. Callers can wait for it as for any query of the read model. Q may have parameters: fields with the tag
// query. The edge adds limit and cursor.
func QuerySearch[S, Q, T any](
	route string, p *projection.Of[S], f func(context.Context, *SearchIndex, Q) (Found[T], error), o ...Option,
) Part {
	if f == nil {
		return broken(route, ShowsList, "its function is nil")
	}
	if p == nil {
		return broken(route, ShowsList, noProjection)
	}
	part := query[Q, Found[T]](route, ShowsList, p, "", searching[Q, T](f), o)
	part.Readings[0].Needs = Search
	return part
}

// searching is a query by a search.
type searching[Q, T any] func(context.Context, *SearchIndex, Q) (Found[T], error)

func (ask searching[Q, T]) read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	x := &SearchIndex{limit: q.Limit, cursor: q.Cursor, generation: s.Build.Generation}
	x.send = func(ctx context.Context, request json.RawMessage) (json.RawMessage, error) {
		return q.Search(ctx, s.Name(), s.Build.Generation, request)
	}
	out, err := ask(ctx, x, *q.In.(*Q))
	return &out, err
}

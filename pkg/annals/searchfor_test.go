package annals

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

type book struct {
	Title string `json:"title"`
}

// hit is a hit as OpenSearch tells it.
func hit(id, doc, more string) string {
	return fmt.Sprintf(`{"_source":{"annals":{"stream":"Book#%s","version":3},"doc":%s},"sort":[1.5,"Book#%s"]%s}`, id, doc, id, more)
}

func hits(total int, all ...string) string {
	return fmt.Sprintf(`{"hits":{"total":{"value":%d},"hits":[%s]}}`, total, strings.Join(all, ","))
}

// searchIn is an index that gives one answer, and keeps the request.
func searchIn(answer string, err error) (*SearchIndex, *string) {
	var request string
	return &SearchIndex{limit: 2, send: func(_ context.Context, r json.RawMessage) (json.RawMessage, error) {
		request = string(r)
		return json.RawMessage(answer), err
	}}, &request
}

// TestSearchFor: a page has the documents with their highlights. A full page has a cursor, from which the next one
// begins. What can't be decoded is left out and said.
func TestSearchFor(t *testing.T) {
	t.Parallel()
	x, request := searchIn(hits(7, hit("a", `{"title":"Go"}`, `,"highlight":{"doc.title":["<em>Go</em>"]}`), hit("b", `{"title":1}`, "")), nil)
	got, err := SearchFor[book](t.Context(), x, SearchRequest{Query: map[string]any{"match": map[string]any{"doc.title": "go"}},
		Highlight: []string{"doc.title"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []SearchHit[book]{{
		Stream: es.StreamID{Type: "Book", ID: "a"}, Version: 3, Document: book{"Go"},
		Highlights: map[string][]string{"doc.title": {"<em>Go</em>"}},
	}}
	if diff := cmp.Diff(want, got.Hits); diff != "" || got.Total != 7 || len(got.LeftOut) != 1 || got.Next == "" {
		t.Errorf("%d in all, left out %v, next %q (-want +got):\n%s", got.Total, got.LeftOut, got.Next, diff)
	}
	answer, err := json.Marshal(FoundOf(got, func(h SearchHit[book]) string { return h.Document.Title }))
	if want := `{"items":["Go"],"next":"` + got.Next + `","unreadable":1,"total":7}`; err != nil || string(answer) != want {
		t.Errorf("answer %s, %v, want %s", answer, err, want)
	}
	for _, part := range []string{`"must":{"match":{"doc.title":"go"}}`, `{"term":{"annals.shown":true}}`, `"size":2`, `"encoder":"html"`} {
		if !strings.Contains(*request, part) {
			t.Errorf("request %s lacks %s", *request, part)
		}
	}
	x.cursor = got.Next
	if _, err := SearchFor[book](t.Context(), x, SearchRequest{}); err != nil || !strings.Contains(*request, `"from":2`) {
		t.Errorf("the next page: %v, request %s", err, *request)
	}
	x.generation++
	if _, err := SearchFor[book](t.Context(), x, SearchRequest{}); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("the next page, after a swap: %v, want ErrCursor", err)
	}
	sorted := SearchRequest{Sort: []any{map[string]string{"doc.price": "asc"}}}
	x.cursor = ""
	if got, err = SearchFor[book](t.Context(), x, sorted); err != nil {
		t.Fatal(err)
	}
	x.cursor = got.Next
	if _, err := SearchFor[book](t.Context(), x, sorted); err != nil || !strings.Contains(*request, `"search_after":[1.5,"Book#b"]`) {
		t.Errorf("the next page of a sorted search: %v, request %s", err, *request)
	}
	last, _ := searchIn(hits(1, hit("a", `{}`, "")), nil)
	if got, err := SearchFor[book](t.Context(), last, SearchRequest{}); err != nil || got.Next != "" {
		t.Errorf("the last page: cursor %q, %v", got.Next, err)
	}
	none, _ := searchIn(hits(0), nil)
	got, err = SearchFor[book](t.Context(), none, SearchRequest{})
	if answer, _ := json.Marshal(FoundOf(got, func(SearchHit[book]) string { return "" })); err != nil ||
		string(answer) != `{"items":[],"total":0}` {
		t.Errorf("nothing found: %s, %v", answer, err)
	}
}

// TestSearchCursor: a cursor of another search is refused. Without one, a refusal is the fault of the code. Numbered
// pages end where OpenSearch numbers no more hits.
func TestSearchCursor(t *testing.T) {
	t.Parallel()
	sorted := SearchRequest{Sort: []any{map[string]string{"doc.price": "asc"}}}
	cursor := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	x, request := searchIn("", ErrSearchRefused)
	for _, r := range []SearchRequest{{}, sorted} {
		for _, of := range []string{
			"%", cursor("no JSON"), cursor(`{}`), cursor(`{"a":[1]}`), cursor(`{"a":[1,2,3]}`), cursor(`{"f":-1}`), cursor(`{"f":10000}`),
			cursor(`{"f":2,"g":9}`),
		} {
			x.cursor = of
			if _, err := SearchFor[book](t.Context(), x, r); !errors.Is(err, projection.ErrCursor) || *request != "" {
				t.Errorf("cursor %q: %v, request %s, want ErrCursor", of, err, *request)
			}
		}
	}
	x.cursor = cursor(`{"a":[{},2]}`) // values of types that the server refuses
	if _, err := SearchFor[book](t.Context(), x, sorted); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("a cursor that the server refuses: %v, want ErrCursor", err)
	}
	x.cursor = ""
	if _, err := SearchFor[book](t.Context(), x, SearchRequest{}); errors.Is(err, projection.ErrCursor) || !errors.Is(err, ErrSearchRefused) {
		t.Errorf("no cursor: %v, want ErrSearchRefused", err)
	}
	last, request := searchIn(hits(20_000, hit("a", `{}`, ""), hit("b", `{}`, "")), nil)
	last.cursor = cursor(`{"f":9999}`)
	if got, err := SearchFor[book](t.Context(), last, SearchRequest{}); err != nil || got.Next != "" || !strings.Contains(*request, `"size":1`) {
		t.Errorf("the last numbered page: next %q, %v, request %s", got.Next, err, *request)
	}
	broken, _ := searchIn("<html>", nil)
	if _, err := SearchFor[book](t.Context(), broken, SearchRequest{}); err == nil {
		t.Error("an answer that is no JSON: want an error")
	}
}

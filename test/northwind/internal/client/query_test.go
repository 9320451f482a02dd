package client

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func list(t *testing.T, c *Client, query url.Values) ([]int, error) {
	t.Helper()
	var all []int
	for n, err := range List[int](t.Context(), c, "/orders", query) {
		if err != nil {
			return all, err
		}
		all = append(all, n)
	}
	return all, nil
}

func TestList(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":   `{"items":[1,2],"next":"a&"}`,
		"a&": `{"items":[],"next":"b"}`, // a page may be empty and yet not the last
		"b":  `{"items":[3]}`,
	}
	c, seen := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, pages[r.URL.Query().Get("cursor")])
	})
	query := url.Values{"limit": {"2"}}
	got, err := list(t, c, query)
	if err != nil || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("list in pages: %v, %v, want 1 to 3", got, err)
	}
	if want := []string{
		"GET /orders?limit=2", "GET /orders?cursor=a%26&limit=2", "GET /orders?cursor=b&limit=2",
	}; !slices.Equal(seen(), want) {
		t.Errorf("requests: %q, want %q", seen(), want)
	}
	if len(query) != 1 {
		t.Errorf("the caller's query was changed: %v", query)
	}
	for n := range List[int](t.Context(), c, "/orders", nil) {
		if n == 1 {
			break // as a caller may
		}
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`{"items":[1],"next":"a"}`: "cursor a was returned twice",
		`{"orders":[]}`:            "the answer has no items",
		`{"items":null}`:           "the answer has no items",
		`{"items":["x"]}`:          "an unexpected body",
	}
	for answer, want := range cases {
		c, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		if _, err := list(t, c, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("list with the answer %s: %v, want an error with %s", answer, err, want)
		}
	}
}

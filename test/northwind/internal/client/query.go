package client

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
)

// Get sends a query.
//
// Errors: one that matches ErrNotYet if the answer does not exist, or not yet.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil, nil, into)
}

// page is one page of a list.
type page[T any] struct {
	Items *[]T   `json:"items"` // a pointer, to distinguish an empty list from a missing one
	Next  string `json:"next"`
}

// List reads all pages of a list. It stops after the first error that it yields.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for items, err := range pages[T](ctx, c, path, query) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// pages reads a list's pages. It stops after the first error that it yields.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		query, seen := maps.Clone(query), map[string]bool{}
		if query == nil {
			query = url.Values{}
		}
		for {
			var p page[T]
			err := c.Get(ctx, path, query, &p)
			switch {
			case err != nil:
			case p.Items == nil:
				err = fmt.Errorf("GET %s: the answer has no items", path)
			case seen[p.Next]:
				err = fmt.Errorf("GET %s: cursor %s was returned twice", path, p.Next)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(*p.Items, nil) || p.Next == "" {
				return
			}
			seen[p.Next] = true
			query.Set("cursor", p.Next)
		}
	}
}

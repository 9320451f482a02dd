//go:build search

package searchview_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opensearch-project/opensearch-go/v4"

	"github.com/annals-es/annals/internal/ostest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/searchview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

var features = viewtest.Features{Separate: true}

func TestView(t *testing.T) {
	t.Parallel()
	client := connect(t)
	t.Run("suite", func(t *testing.T) { viewtest.RunView(t, views(client), features) })
}

func TestEngine(t *testing.T) {
	t.Parallel()
	client := connect(t)
	t.Run("suite", func(t *testing.T) { viewtest.RunEngine(t, views(client), features) })
}

func connect(t testing.TB) *opensearch.Client {
	t.Helper()
	client, err := opensearch.NewClient(opensearch.Config{Addresses: []string{ostest.URL(t)}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// ledger are the documents of [viewtest.RunEngine].
type ledger struct{ Last, Taken string }

var fields = searchindex.Documents[ledger](searchindex.Text("Last"), searchindex.Keyword("Last"), searchindex.Keyword("Taken"))

var prefixes atomic.Int64

// views opens views on one server, each with indexes of its own.
func views(client *opensearch.Client) func(t *testing.T) projection.View {
	return func(t *testing.T) projection.View {
		prefix := fmt.Sprint("t", prefixes.Add(1))
		view := searchview.New(client, tickets(1), searchview.Config{Prefix: prefix, People: prefix + "-people"}, fields)
		s := searched{view, client, prefix}
		t.Cleanup(func() { _ = s.Lose(context.Background()) }) // an index takes memory
		return s
	}
}

// searched is a view with a search of its indexes, and with their loss.
type searched struct {
	*searchview.View
	client *opensearch.Client
	prefix string
}

// call sends a request, and returns the answer.
func (s searched) call(ctx context.Context, method, path, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Stream(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode >= http.StatusMultipleChoices {
		return "", fmt.Errorf("%s %s: %s", method, path, text)
	}
	return string(text), err
}

// indexes are the names of the view's indexes.
func (s searched) indexes(ctx context.Context) ([]string, error) {
	text, err := s.call(ctx, http.MethodGet, "/"+s.prefix+"-*", "")
	if err != nil {
		return nil, err
	}
	var all map[string]any
	err = json.Unmarshal([]byte(text), &all)
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, err
}

// Lose implements [viewtest.Losing].
func (s searched) Lose(ctx context.Context) error {
	names, err := s.indexes(ctx)
	for _, name := range names {
		if _, err := s.call(ctx, http.MethodDelete, "/"+name, ""); err != nil {
			return err
		}
	}
	return err
}

// Holding implements [viewtest.Searched].
func (s searched) Holding(ctx context.Context, text string) (found []string, err error) {
	names, err := s.indexes(ctx)
	for _, name := range names {
		if _, err := s.call(ctx, http.MethodPost, "/"+name+"/_refresh", ""); err != nil {
			return nil, err
		}
		all, err := s.call(ctx, http.MethodPost, "/"+name+"/_search?size=10000", "")
		if err != nil {
			return nil, err
		}
		if n := strings.Count(all, text); n > 0 {
			found = append(found, fmt.Sprintf("%d times in index %s", n, name))
		}
	}
	return found, err
}

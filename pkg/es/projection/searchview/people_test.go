//go:build search

package searchview_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opensearch-project/opensearch-go/v4"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/searchview"
)

// opening opens the view of tickets with indexes of its own, and prepares the first generation.
func opening(t *testing.T) (searched, searchview.Config) {
	t.Helper()
	s := views(connect(t))(t).(searched)
	cfg := searchview.Config{Prefix: s.prefix, People: s.prefix + "-people"}
	s.View = searchview.New(s.client, tickets(1), cfg, ticketFields)
	if err := s.Prepare(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return s, cfg
}

func stream(id string) es.StreamID { return es.StreamID{Type: "Ticket", ID: id} }

// save stores the first document of a stream. An empty one is hidden.
func (s searched) save(t *testing.T, g projection.Generation, id, document string) error {
	t.Helper()
	return s.Save(t.Context(), g, []projection.CheckpointUpdate{{
		Stream: stream(id), Next: projection.Checkpoint{Version: 1, State: json.RawMessage(document)},
	}}, nil)
}

// found is what people find by a query string.
func (s searched) found(t *testing.T, query string) string {
	t.Helper()
	if _, err := s.call(t.Context(), http.MethodPost, "/"+s.prefix+"-*/_refresh", ""); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"query":{"query_string":{"query":%q}},"sort":"annals.stream"}`, query)
	text, err := s.call(t.Context(), http.MethodPost, "/"+s.prefix+"-people/_search", body)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Hits struct {
			Hits []struct {
				Source struct{ Doc ticket } `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, hit := range out.Hits.Hits {
		titles = append(titles, hit.Source.Doc.Title)
	}
	return strings.Join(titles, ", ")
}

// TestPeople: people search the words, whole values and instants of the generation that serves, but no hidden document,
// and nothing that is not declared.
func TestPeople(t *testing.T) {
	t.Parallel()
	s, _ := opening(t)
	for id, document := range map[string]string{
		"a": `{"title":"Running <late>","at":"2026-01-31T10:00:00Z","tags":[{"name":"red"},{"name":"blue"}],"secret":"alpha"}`,
		"b": `{"title":"Runs early","at":"2026-02-01T10:00:00Z","tags":[{"name":"red"}]}`,
		"c": "", "d": `"text"`,
	} {
		if err := s.save(t, 1, id, document); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Point(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"doc.title:run": "Running <late>, Runs early", `doc.title.keyword:"Runs early"`: "Runs early",
		"doc.tags.name:blue": "Running <late>", "doc.at:[2026-02-01 TO *]": "Runs early", "doc.secret:alpha": "", "alpha": "",
		"*": "Running <late>, Runs early, ",
	} {
		if got := s.found(t, query); got != want {
			t.Errorf("search %s: %q, want %q", query, got, want)
		}
	}
	if err := s.Drop(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "can't be dropped") {
		t.Errorf("drop what people read: %v, want an error", err)
	}
	if err := s.Prepare(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := s.save(t, 2, "a", `{"title":"run again"}`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Point(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.found(t, "doc.title:run"); got != "run again" {
		t.Errorf("after the pointer has moved: %q", got)
	}
	if err := s.Drop(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

// TestVisible: a document is found about a second after it was stored.
func TestVisible(t *testing.T) {
	t.Parallel()
	s, _ := opening(t)
	if v, err := s.Visible(t.Context(), 1, stream("a")); err != nil || v != 0 {
		t.Errorf("before it is stored: version %d, %v", v, err)
	}
	if err := s.save(t, 1, "a", `{"title":"x"}`); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		v, err := s.Visible(t.Context(), 1, stream("a"))
		if err != nil || time.Since(begin) > time.Minute {
			t.Fatalf("after a minute: version %d, %v", v, err)
		}
		if v == 1 {
			break
		}
	}
	if _, err := s.Visible(t.Context(), 7, stream("a")); !errors.Is(err, projection.ErrLost) {
		t.Errorf("in a generation that does not exist: %v, want ErrLost", err)
	}
}

// TestRefused: a document that does not fit the index is refused, and the error names the field, but not the value.
// Other streams of the same save are stored.
func TestRefused(t *testing.T) {
	t.Parallel()
	s, _ := opening(t)
	long := strings.Repeat("x", 40_000)
	for id, document := range map[string]string{
		"date": `{"due":"tomorrow, they said"}`, "object": `{"tags":[{"name":{"tomorrow":1}}]}`,
		"term": `{"title":"` + long + `"}`,
	} {
		err := s.Save(t.Context(), 1, []projection.CheckpointUpdate{
			{Stream: stream(id), Next: projection.Checkpoint{Version: 1, State: json.RawMessage(document)}},
			{Stream: stream(id + " good"), Next: projection.Checkpoint{Version: 1, State: json.RawMessage(`{}`)}},
		}, nil)
		if !errors.Is(err, projection.ErrRefused) || strings.Contains(err.Error(), "tomorrow") || strings.Contains(err.Error(), "xxx") {
			t.Errorf("save %.60s: %v, want ErrRefused without the value", document, err)
		}
		if !strings.Contains(fmt.Sprint(err), "doc.") && id != "term" {
			t.Errorf("save %s: %v, want the field in the error", document, err)
		}
		stored, err := s.Checkpoints(t.Context(), 1, stream(id), stream(id+" good"))
		if _, good := stored[stream(id+" good")]; err != nil || !good || len(stored) != 1 {
			t.Errorf("stored: %v, %v, want the good one", stored, err)
		}
	}
}

// TestOtherFields: fields that changed under the same fold version are refused, and analyzers that the server does not
// know. An index by the name of the alias is left as it is.
func TestOtherFields(t *testing.T) {
	t.Parallel()
	s, cfg := opening(t)
	other := searchindex.Documents[ticket](searchindex.Keyword("title"))
	err := searchview.New(s.client, tickets(1), cfg, other).Point(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "raise the fold version") {
		t.Errorf("other fields with the same fold version: %v", err)
	}
	if err := searchview.New(s.client, tickets(2), cfg, other).Point(t.Context(), 1); err != nil {
		t.Errorf("other fields with another fold version: %v", err)
	}
	unknown := searchindex.Documents[ticket](searchindex.Text("title").By("klingon"))
	err = searchview.New(s.client, tickets(1), cfg, unknown).Prepare(t.Context(), 9)
	if err == nil || errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "refuses the fields") {
		t.Errorf("an unknown analyzer: %v, want an error that is no outage", err)
	}
	cfg.People = s.prefix + "-taken"
	if _, err := s.call(t.Context(), http.MethodPut, "/"+cfg.People, ""); err != nil {
		t.Fatal(err)
	}
	err = searchview.New(s.client, tickets(1), cfg, ticketFields).Point(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "is an index") {
		t.Errorf("an index that has the name of the alias: %v", err)
	}
}

// TestAway: a server that can't be reached, refuses the client, or is overloaded, is unavailable.
func TestAway(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"no connection": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		},
		"a proxy's page": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
		},
		"no permission": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"not authorized"}`, http.StatusForbidden)
		},
		"overload": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":{"type":"rejected_execution_exception","reason":"queue"},"status":429}`, http.StatusTooManyRequests)
		},
		"half of an answer": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items":[`) },
		"another's answer":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			defer server.Close()
			client, err := opensearch.NewClient(opensearch.Config{Addresses: []string{server.URL}, DisableRetry: true})
			if err != nil {
				t.Fatal(err)
			}
			view := searchview.New(client, tickets(1), searchview.Config{}, ticketFields)
			move := []projection.CheckpointUpdate{{Stream: stream("a"), Next: projection.Checkpoint{Version: 1}}}
			if err := view.Save(t.Context(), 1, move, nil); !errors.Is(err, es.ErrUnavailable) {
				t.Errorf("save: %v, want ErrUnavailable", err)
			}
			if _, err := view.Checkpoints(t.Context(), 1, stream("a")); !errors.Is(err, es.ErrUnavailable) {
				t.Errorf("checkpoints: %v, want ErrUnavailable", err)
			}
		})
	}
}

package console_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/internal/console"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// people are people by id. Those who are asked to be forgotten are it at once.
type people map[string]console.Person

func (p people) Person(ctx context.Context, id string) (console.Person, error) {
	found, known := p[id]
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case id == "unreachable":
		return found, errors.New("function Query is throttled")
	case !known:
		return found, fmt.Errorf("function Query: %w", &es.NotFoundError{Stream: es.StreamID{Type: "Subject", ID: id}})
	}
	return found, nil
}

func (p people) Forget(ctx context.Context, id string) error {
	found, err := p.Person(ctx, id)
	if err == nil {
		found.Status = "forgotten"
		p[id] = found
	}
	return err
}

// newPeople returns ada, a person with many streams, and one whose id is a script.
func newPeople() people {
	all := people{
		"ada":     {Subject: "ada", Status: "known", Streams: 1, Names: []string{"Account#1"}},
		hostile:   {Subject: hostile, Status: "known", Streams: 1, Names: []string{"Account#" + hostile}},
		"unnoted": {Subject: "unnoted", Status: "known"},
	}
	many := console.Person{Subject: "many", Status: "known"}
	for i := range 1001 {
		many.Names = append(many.Names, fmt.Sprint("Order#", i))
	}
	all["many"] = many
	return all
}

// TestPerson: the page gets the report on a person with the names of the streams, and errors are sentences.
func TestPerson(t *testing.T) {
	t.Parallel()
	h, without := page(t, console.Config{People: newPeople()}), page(t, console.Config{Write: true})
	long := strings.Repeat("x", personal.MaxSubjectBytes+1)
	for _, test := range []struct {
		name string
		h    http.Handler
		path string
		want int
		has  string
	}{
		{"a service with personal data", h, "/api/about", 200, `"people":true`},
		{"a service without", without, "/api/about", 200, `"people":false`},
		{"a service without", without, "/api/person?id=ada", 404, `{"error":"This service has no personal data: `},
		{
			"a person", h, "/api/person?id=ada", 200,
			`{"subject":"ada","status":"known","streams":1,"documents":0,"rows":0,"snapshots":0,"published":[],` +
				`"names":["Account#1"],"more":false}`,
		},
		{"a person without streams", h, "/api/person?id=unnoted", 200, `"names":[],"more":false`},
		{"many streams", h, "/api/person?id=many", 200, `"Order#999"],"more":true`},
		{"an id with HTML", h, "/api/person?id=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E", 200, `"Account#\u003c/script`},
		{"an unknown id", h, "/api/person?id=bob", 404, `{"error":"Nothing is stored about a person with the id bob."}`},
		{"no id", h, "/api/person", 400, `{"error":"This can’t be the id of a person: it is empty."}`},
		{"a long id", h, "/api/person?id=" + long, 400, "it has more than 1,000 bytes."},
		{"the longest id", h, "/api/person?id=" + long[1:], 404, "Nothing is stored"},
		{"no UTF-8", h, "/api/person?id=%FF", 400, "it is not UTF-8."},
		{"the service's own key", h, "/api/person?id=%24fingerprints", 400, "it begins with $."},
		{"a function that fails", h, "/api/person?id=unreachable", 500, "function Query is throttled"},
	} {
		w := send(t, test.h, http.MethodGet, test.path, "", nil)
		if w.Code != test.want || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s: status %d, body %s; want %d and %q", test.name, w.Code, w.Body, test.want, test.has)
		}
		if strings.Contains(w.Body.String(), hostile) {
			t.Errorf("%s: HTML is not escaped: %s", test.name, w.Body)
		}
	}
}

// TestForget: only our own page in a console that may write can forget a person.
func TestForget(t *testing.T) {
	t.Parallel()
	all := newPeople()
	quiet := slog.New(slog.DiscardHandler)
	reading := page(t, console.Config{People: all, Log: quiet})
	writing := page(t, console.Config{People: all, Write: true, Log: quiet})
	without := page(t, console.Config{Write: true, Log: quiet})
	slow := page(t, console.Config{People: all, Write: true, Timeout: time.Nanosecond, Log: quiet})
	ada := `{"subject":"ada"}`
	for _, test := range []struct {
		name   string
		h      http.Handler
		body   string
		header http.Header
		want   int
		has    string
	}{
		{"a console that reads", reading, ada, nil, 403, "--write"},
		{"a service without personal data", without, ada, nil, 404, "This service has no personal data"},
		{"a form", writing, ada, http.Header{"Content-Type": {"text/plain"}}, 415, "application/json"},
		{"another site", writing, ada, http.Header{"Origin": {"http://evil.example"}}, 403, ""},
		{"another site, says the browser", writing, ada, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, ""},
		{"a wrong field", writing, `{"subjekt":"ada"}`, nil, 400, "subjekt"},
		{"no id", writing, `{}`, nil, 400, "it is empty."},
		{"the service's own key", writing, `{"subject":"$fingerprints"}`, nil, 400, "it begins with $."},
		{"an unknown id", writing, `{"subject":"bob"}`, nil, 404, "Nothing is stored about a person with the id bob."},
		{"a function that is slow", slow, ada, nil, 500, "deadline exceeded"},
	} {
		w := post(t, test.h, "/api/forget", test.body, test.header)
		if w.Code != test.want || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s: status %d, body %s; want %d and %q", test.name, w.Code, w.Body, test.want, test.has)
		}
	}
	if all["ada"].Status != "known" {
		t.Errorf("ada is %s after refusals, want known", all["ada"].Status)
	}
	own := http.Header{"Origin": {"http://127.0.0.1:3000"}, "Sec-Fetch-Site": {"same-origin"}}
	w := post(t, writing, "/api/forget", ada, own)
	if w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `{"subject":"ada","status":"forgotten"`) {
		t.Errorf("our own page: status %d, body %s; want 202 and forgotten", w.Code, w.Body)
	}
	if all["ada"].Status != "forgotten" || all["many"].Status != "known" {
		t.Errorf("ada is %s, another person %s; want ada alone forgotten", all["ada"].Status, all["many"].Status)
	}
}

// post sends JSON with more headers.
func post(t *testing.T, h http.Handler, path, body string, more http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:3000"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for name, values := range more {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

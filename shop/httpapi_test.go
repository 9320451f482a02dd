package shop_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/contracttest"
)

// client sends requests to a handler.
type client struct {
	handler http.Handler
	store   es.Store
	log     *logged
}

// newClient serves commands on a store of its own.
func newClient(t testing.TB) *client {
	t.Helper()
	return on(t, newStore(t), annalshttp.Config{})
}

// newStore returns a store in memory that encrypts personal data.
func newStore(t testing.TB) *personal.Store {
	t.Helper()
	store, err := personal.NewStore(memstore.New(), memkeys.New())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// on serves commands on a store.
func on(t testing.TB, store es.Store, cfg annalshttp.Config) *client {
	t.Helper()
	log := &logged{}
	cfg.Log = log.logger()
	handler, err := annalshttp.Commands(open(t, store, cfg.Log), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &client{handler: handler, store: store, log: log}
}

// queries serves queries on a store. The read models stay empty.
func queries(t testing.TB, store es.Store) http.Handler {
	t.Helper()
	handler, err := annalshttp.Queries(open(t, store, nil), annalshttp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// docs serves the API's own documents.
func docs(t testing.TB) http.Handler {
	t.Helper()
	handler, err := annalshttp.Docs(shop.New().On(), annalshttp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// open opens the shop on a store, without caches. Its catalog has no prices: each is read from the product's events.
func open(t testing.TB, store es.Store, log *slog.Logger) *annals.Running {
	t.Helper()
	running, err := shop.New().On().Open(annals.Stores{
		Events: store, Views: func(string) projection.View { return memview.New() }, Catalog: memview.NewCatalog(),
	}, annals.Config{Secrets: func(string) string { return "key" }, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return running
}

// logged is what a handler logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// answer is an answer, with what tests look at.
type answer struct {
	status int
	header http.Header
	text   string
}

// send sends a request. A target is a method and a path; headers are "Name: value".
func (c *client) send(t *testing.T, target, body string, headers ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(target, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return documented(t, method, path, answer{w.Code, w.Header(), w.Body.String()})
}

// documented checks that the OpenAPI document has an answer, and returns it.
func documented(t *testing.T, method, path string, got answer) answer {
	t.Helper()
	contracttest.Check(t, method, path, contracttest.Answer{
		Status: got.status, ContentType: got.header.Get("Content-Type"), Body: got.text,
	})
	return got
}

// ok sends a request that must succeed.
func (c *client) ok(t *testing.T, target, body string, headers ...string) answer {
	t.Helper()
	got := c.send(t, target, body, headers...)
	if got.status != http.StatusOK && got.status != http.StatusCreated {
		t.Fatalf("%s: status %d, body %s; want 200 or 201", target, got.status, got.text)
	}
	return got
}

// commits counts the commits of a stream.
func (c *client) commits(t *testing.T, typ, id string) int {
	t.Helper()
	n := 0
	for _, err := range c.store.Read(t.Context(), es.StreamID{Type: typ, ID: id}, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// result is the body of a command's answer.
type result struct {
	ID      string
	Version int64
	State   json.RawMessage
	Events  []struct {
		Type    string
		Version int64
	}
}

func (a answer) result(t *testing.T) result {
	t.Helper()
	var r result
	a.into(t, &r)
	return r
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(a.text))
	if err := d.Decode(v); err != nil {
		t.Fatalf("decode %s: %v", a.text, err)
	}
}

// problem is a problem document, with its code alone as type.
type problem struct {
	Type, Title, Detail, CorrelationID string
	Status                             int
	Errors                             []struct{ Field, Detail string }
}

// refused checks that an answer is a problem, and returns it.
func (a answer) refused(t *testing.T, status int, code string) problem {
	t.Helper()
	var p problem
	if a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d with content type %q: %s", a.status, a.header.Get("Content-Type"), a.text)
	}
	a.into(t, &p)
	if a.status != status || p.Status != status || p.Type != "https://annals-es.github.io/shop/problems/"+code {
		t.Fatalf("want %d %s, got %d %s", status, code, a.status, a.text)
	}
	if p.Title == "" || p.CorrelationID == "" || p.CorrelationID != a.header.Get("X-Correlation-Id") {
		t.Errorf("title %q, correlation id %q, in the header %q", p.Title, p.CorrelationID, a.header.Get("X-Correlation-Id"))
	}
	return p
}

const (
	openA = `{"accountId":"a","ownerName":"Ada","initialDeposit":{"amount":"10","currency":"USD"}}`
	openB = `{"accountId":"b","ownerName":"Bob","initialDeposit":{"amount":"0","currency":"USD"}}`
	listP = `{"productId":"p","name":"Tea","unitPrice":{"amount":"2.50","currency":"USD"}}`
	usd5  = `{"amount":{"amount":"5.00","currency":"USD"}}`
)

package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/internal/console"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/inspect/feed"
	"github.com/annals-es/annals/internal/inspect/inspecttest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop"
)

// bench is a console of a service on tables of its own.
type bench struct {
	t         *testing.T
	inspector *inspect.Inspector
	operator  *inspecttest.Service
	store     *dynamostore.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := inspecttest.New(t, shop.New().On())
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	inspector := s.Inspector(inspect.Config{Feed: feed.New(s.Client, cfg, s.Tables["events"], feed.Config{
		Every: 20 * time.Millisecond, Endpoint: dynamotest.Endpoint(t),
	})})
	return &bench{t: t, inspector: inspector, operator: s, store: s.Store}
}

// append stores a commit, and has the projections apply it.
func (b *bench) append(name, correlation string, events ...es.RawEvent) {
	b.t.Helper()
	stream, err := es.ParseStreamID(name)
	if err != nil {
		b.t.Fatal(err)
	}
	head, err := b.store.Head(b.t.Context(), stream)
	if err != nil {
		b.t.Fatal(err)
	}
	stored, err := b.store.Append(b.t.Context(), es.Append{
		Writes: []es.Write{{Head: head, Events: events}}, Meta: es.Meta{CorrelationID: correlation, Actor: "ann"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range b.operator.Engines() {
		for stream, err := range e.Apply(b.t.Context(), []es.Commit{stored[0].Commit}) {
			b.t.Fatal(stream, err)
		}
	}
}

func raw(typ, data string) es.RawEvent {
	return es.RawEvent{Type: typ, Schema: 1, Data: json.RawMessage(data)}
}

// An order of a customer whose name is a script, and one that no projection can apply.
const hostile = `</script><script>alert(1)</script>`

func (b *bench) orders() {
	b.t.Helper()
	name, _ := json.Marshal(hostile)
	b.append("Order#o", "c-1", raw("OrderCreated", `{"orderId":"o","customerId":`+string(name)+`}`))
	b.append("Order#o", "c-1",
		raw("ItemAdded", `{"productId":"tea","quantity":2,"unitPrice":{"amount":"9.50","currency":"USD"}}`))
	b.append("Order#bad", "c-2", raw("OrderTeleported<img src=x>", `{}`))
}

type rebuilder struct{ *inspecttest.Service }

func (r rebuilder) Rebuilds(name string) bool { return r.Models.Keeps(name) }

func (r rebuilder) Rebuild(ctx context.Context, name string, progress func(int)) error {
	_, _, err := r.Rebuilder.Run(ctx, name, func(_, _, events int) { progress(events) })
	return err
}

func (b *bench) console(cfg console.Config) http.Handler {
	cfg.Log = slog.New(slog.DiscardHandler)
	return console.New(b.t.Context(), b.inspector, b.operator, rebuilder{b.operator}, cfg)
}

// send asks a console as a browser on this machine does, and reads what it answers into out, if that is not nil.
func send(t *testing.T, h http.Handler, method, path, body string, out any) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:3000"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Errorf("GET %s: %v, body %s; want JSON", path, err, w.Body)
		}
	}
	return w
}

func TestReads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	h := b.console(console.Config{Place: "here"})
	for _, test := range []struct {
		path string
		want int
		has  []string // in the answer
	}{
		{"/api/about", 200, []string{`{"place":"here","write":false,"people":false,"deadlines":false}`}},
		{
			"/api/stream?stream=Order%23o", 200,
			[]string{
				`"stream":"Order#o"`, `"stateful":true`, `{"version":2,"type":"ItemAdded","at":"`, `"commit":2}`, `"more":false`,
			},
		},
		{"/api/stream?stream=Order%23none", 404, []string{`{"error":"There is no stream Order#none"}`}},
		{"/api/state?stream=Order%23none&version=1", 404, []string{`{"error":"There is no stream Order#none"}`}},
		{
			"/api/applied?stream=Order%23bad&version=1", 200,
			[]string{`"projection":"orders","generation":1,"status":"serving","version":0`, `"parked":{`},
		},
		{"/api/stream?stream=Order", 400, []string{"want Type#id"}},
		{
			"/api/state?stream=Order%23o&version=1", 200,
			[]string{`"version":1`, `"path":""`, `alert(1)`, `"correlationId":"c-1"`},
		},
		{
			"/api/state?stream=Order%23o&version=2", 200,
			[]string{`{"path":"/items/0","after":{"productId":"tea"`, `"type":"ItemAdded"`},
		},
		{"/api/state?stream=Order%23o&version=3", 404, []string{"has no version 3"}},
		{"/api/state?stream=Order%23o&version=0", 400, []string{"want a version"}},
		{"/api/state?stream=Order%23bad&version=1", 200, []string{`"unknown":"`, `"type":"OrderTeleported`}},
		{"/api/find?type=ItemAdded", 200, []string{`"version":2`, `"complete":true`}},
		{"/api/find?stream=Order%23", 200, []string{`Order#bad`, `Order#o`}},
		{"/api/find?correlation=c-2", 200, []string{`Order#bad`}},
		{"/api/find?correlation=nothing", 200, []string{`{"commits":[],"complete":true}`}},
		{"/api/find", 400, []string{"say what to search for"}},
		{
			"/api/trace?correlation=c-1", 200,
			[]string{`"projection":"orders"`, `"applied":true,"exact":true`, `"complete":true`},
		},
		{"/api/trace?correlation=c-2", 200, []string{`"reason":"needs-newer-code"`}},
		{"/api/trace", 400, []string{"correlation id"}},
		{"/api/applied?stream=Order%23o&version=2", 200, []string{`"projection":"reserve-stock"`}},
		{"/api/applied?stream=Order%23o&version=x", 400, []string{"want a version"}},
		{
			"/api/projections", 200,
			[]string{
				`{"projection":"orders","generations":[{"generation":1,"fold":1,"status":"serving"`,
				`"parked":1`, `"rebuilds":true`,
			},
		},
		{"/api/parked", 200, []string{`"projection":"orders"`, `"stream":"Order#bad"`, `"events":1`, `"more":false`}},
		{"/api/nothing", 404, nil},
	} {
		w := send(t, h, http.MethodGet, test.path, "", nil)
		if w.Code != test.want {
			t.Errorf("%s: status %d, want %d: %s", test.path, w.Code, test.want, w.Body)
		}
		for _, text := range test.has {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %q is missing in %s", test.path, text, w.Body)
			}
		}
		if len(test.has) > 0 && w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: Content-Type %q, want application/json", test.path, w.Header().Get("Content-Type"))
		}
		if strings.Contains(w.Body.String(), hostile) || strings.Contains(w.Body.String(), "<img") {
			t.Errorf("%s: HTML is not escaped: %s", test.path, w.Body)
		}
	}
}

// away is an operator of a service with a read model in a store that is away.
type away struct{ *inspecttest.Service }

func (a away) Parked(ctx context.Context, names ...string) iter.Seq2[projection.Waiting, error] {
	return func(yield func(projection.Waiting, error) bool) {
		for w, err := range a.Service.Parked(ctx, names...) {
			if !yield(w, err) {
				return
			}
		}
		yield(projection.Waiting{}, inspect.Apart{Name: "sales", Store: "sql"}.Failed(errors.New("no answer")))
	}
}

// TestParkedElsewhere: if a read model in another store can't be read, the answer has the parked streams of the others,
// and why.
func TestParkedElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	h := console.New(t.Context(), b.inspector, away{b.operator}, rebuilder{b.operator}, console.Config{
		Log: slog.New(slog.DiscardHandler),
	})
	var out struct {
		Parked []struct{ Projection, Stream string }
		Unread string
	}
	w := send(t, h, http.MethodGet, "/api/parked", "", &out)
	if w.Code != http.StatusOK || len(out.Parked) == 0 || out.Parked[0].Stream != "Order#bad" ||
		out.Unread != "read model sales, in store sql: no answer" {
		t.Errorf("parked streams: status %d, %s; want Order#bad, and why sales is not read", w.Code, w.Body)
	}
}

// A search that takes too long answers what it has.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	h := b.console(console.Config{Timeout: time.Nanosecond})
	for _, path := range []string{"/api/find?stream=Order", "/api/trace?correlation=c-1"} {
		var out struct {
			Complete bool
			Note     string
		}
		if w := send(t, h, http.MethodGet, path, "", &out); w.Code != http.StatusOK || out.Complete ||
			!strings.Contains(out.Note, "ended after") {
			t.Errorf("%s with an expired time limit: status %d, %+v; want 200, incomplete, with a note", path, w.Code, out)
		}
	}
}

// What a page is told: the last seconds, each commit, and how it got on.
func TestLive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	requests := func(context.Context) (map[string]console.Count, error) {
		return map[string]console.Count{"commands": {Invocations: time.Now().UnixNano()}}, nil
	}
	server := httptest.NewServer(b.console(console.Config{Requests: requests}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %q, want text/event-stream", kind)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() (event, data string) {
		for lines.Scan() {
			switch text := lines.Text(); {
			case strings.HasPrefix(text, "event: "):
				event = text[7:]
			case strings.HasPrefix(text, "data: "):
				return event, text[6:]
			}
		}
		t.Fatal("stream of events ended: ", lines.Err())
		return "", ""
	}
	if event, data := next(); event != "history" || data != "[]" {
		t.Errorf("first event: %s %s, want an empty history", event, data)
	}
	commits, lag, counted, past := 0, false, false, 0
	for i := 0; commits < 2 || !lag || !counted || past < 3; i++ {
		event, data := next()
		switch event {
		case "opened":
			past = commits
			if data != `{"complete":true}` {
				t.Errorf("the newest commits were not found: %s", data)
			}
		case "commit":
			commits++
			var c inspect.Commit
			if err := json.Unmarshal([]byte(data), &c); err != nil || c.Events == nil {
				t.Errorf("event \"commit\": %v: %s, want JSON with events", err, data)
			}
		case "pulse":
			// The stream is read from now on, or a little later: DynamoDB Local may refuse to read one that is quite new.
			b.append(fmt.Sprintf("Order#%d", i), "c", raw("OrderCreated", `{"orderId":"o","customerId":"ada"}`))
			var p struct {
				Requests    map[string]console.Count
				Projections map[string]struct {
					Events int
					Lags   []float64
				}
			}
			if err := json.Unmarshal([]byte(data), &p); err != nil {
				t.Errorf("event \"projection\": %v: %s, want JSON", err, data)
			}
			lag = lag || p.Projections["orders"].Events > 0 && len(p.Projections["orders"].Lags) > 0
			counted = counted || p.Requests["commands"].Invocations > 0
		case "trouble":
			t.Log(data)
		default:
			t.Errorf("unexpected event %s: %s", event, data)
		}
	}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	reading, writing := b.console(console.Config{}), b.console(console.Config{Write: true})
	bad := `{"projection":"orders","stream":"Order#bad"}`
	for _, test := range []struct {
		name       string
		h          http.Handler
		path, body string
		header     http.Header
		want       int
		has        string
	}{
		{"a console that reads", reading, "/api/retry", bad, nil, 403, "--write"},
		{"a console that reads", reading, "/api/rebuild", `{"projection":"orders"}`, nil, 403, "--write"},
		{"a form", writing, "/api/retry", bad, http.Header{"Content-Type": {"text/plain"}}, 415, "application/json"},
		{"another site", writing, "/api/retry", bad, http.Header{"Origin": {"http://evil.example"}}, 403, ""},
		{
			"another site, says the browser", writing, "/api/retry", bad, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, "",
		},
		{"another port", writing, "/api/retry", bad, http.Header{"Origin": {"http://127.0.0.1:4000"}}, 403, ""},
		{"a wrong field", writing, "/api/retry", `{"projection":"orders","strem":"Order#bad"}`, nil, 400, "strem"},
		{"two documents", writing, "/api/retry", bad + "{}", nil, 400, "one JSON document"},
		{"a long body", writing, "/api/retry", `{"projection":"` + strings.Repeat("x", 1<<15) + `"}`, nil, 400, "too large"},
		{"no projection", writing, "/api/retry", `{"stream":"Order#bad"}`, nil, 400, "projection"},
		{"no stream", writing, "/api/retry", `{"projection":"orders"}`, nil, 400, "want Type#id"},
		{"an unknown projection", writing, "/api/rebuild", `{"projection":"nothing"}`, nil, 404, "nothing"},
		{"a reaction", writing, "/api/rebuild", `{"projection":"reserve-stock"}`, nil, 400, "reaction"},
		{"a stream that can't be applied", writing, "/api/retry", bad, nil, 200, `{"waits":true,"error":"`},
		{
			"a stream that is level", writing, "/api/retry",
			`{"projection":"orders","stream":"Order#o"}`, nil, 200, `{"waits":false}`,
		},
		{
			"our own page", writing, "/api/retry", bad,
			http.Header{"Origin": {"http://127.0.0.1:3000"}, "Sec-Fetch-Site": {"same-origin"}}, 200, "",
		},
	} {
		w := post(t, test.h, test.path, test.body, test.header)
		if w.Code != test.want || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s: status %d, body %s; want %d and %q", test.name, w.Code, w.Body, test.want, test.has)
		}
	}
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders()
	h := b.console(console.Config{Write: true})
	if w := send(t, h, http.MethodPost, "/api/rebuild", `{"projection":"orders"}`, nil); w.Code != http.StatusAccepted {
		t.Fatalf("rebuild: status %d, body %s; want 202", w.Code, w.Body)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var all []struct {
			inspect.Projection
			Rebuild *struct {
				Events int64
				Ended  *time.Time
				Error  string
			}
		}
		send(t, h, http.MethodGet, "/api/projections", "", &all)
		for _, p := range all {
			if p.Name != "orders" || p.Rebuild.Ended == nil {
				continue
			}
			if p.Rebuild.Error != "" || p.Rebuild.Events < 2 || p.Generations[len(p.Generations)-1].Generation != 2 {
				t.Errorf("progress of the rebuild: %+v of %+v, want no error and generation 2", p.Rebuild, p.Projection)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the rebuild did not end")
		}
	}
}

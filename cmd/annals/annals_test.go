package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// running starts a fake of the runner, with tables of its own, and returns its port. One stream can't be projected.
func running(t *testing.T) (port string) { return runningWith(t, nil) }

// runningWith is like running, with more variables in the environment that the fake returns.
func runningWith(t *testing.T, more map[string]string) (port string) {
	t.Helper()
	f, port := newFake(t, more)
	f.fill(t)
	return port
}

// fill stores two orders, one of which can't be projected.
func (f *fake) fill(t *testing.T) {
	t.Helper()
	store, err := dynamostore.New(dynamotest.Client(t), f.located.Resources.Tables["events"], dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for id, event := range map[string]es.RawEvent{
		"good": {Type: "OrderCreated", Schema: 1, Data: json.RawMessage(`{"orderId":"good","customerId":"ada"}`)},
		"bad":  {Type: "OrderTeleported", Schema: 1, Data: json.RawMessage(`{}`)},
	} {
		head := store.Empty(es.StreamID{Type: "Order", ID: id})
		if _, err := store.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: []es.RawEvent{event}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// portOf is an environment with the port of the runner.
func portOf(port string) func(string) string {
	return func(name string) string { return map[string]string{"PORT": port}[name] }
}

func serve(t *testing.T, h http.Handler) (port string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// line runs a command line and returns what it prints, and its error.
func line(t *testing.T, port string, args ...string) (string, error) {
	t.Helper()
	root := newRoot(portOf(port))
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(append([]string{"--local"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCommands(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	for _, step := range []struct {
		line  string
		says  string // in what it prints
		fails string // in its error, "" = it has none
	}{
		{"catch-up Order#good", "Order#good is up to date", ""},
		{"heal Order#bad orders", "", "Order#bad is parked in orders: `annals parked show orders Order#bad`"},
		{"catch-up good", "", "want Type#id"},
		{"projections", "orders 1 1 serving", ""},
		{"projections extra", "", `unknown command "extra"`},
		{"parked list", "orders 1 Order#bad 1 1 needs-newer-code", ""},
		{"parked list product-catalog", "PROJECTION", ""},
		{"parked list nothing", "", `unknown projection "nothing"`},
		{"parked show orders Order#bad", "OrderTeleported schema 1", ""},
		{"parked show orders Order#good", "", "is not parked in orders"},
		{"parked retry orders Order#bad", "retried 1, 1 still parked", "1 streams are still parked"},
		{"parked retry", "retried 1, 1 still parked", "1 streams are still parked"},
		{"parked retry orders bad", "", "want Type#id"},
		{
			"rebuild orders", "orders: generation 2 serves", "1 streams are parked in generation 2 of orders, such as Order#bad",
		},
		{"rollback orders", "generation 1 serves again", ""},
		{"reconcile", "read models: 2 streams, 0 checkpoints healed, 0", ""},
		{
			"reconcile --settled 0s", "reactions: 2 streams, 0 checkpoints healed, 3 parked",
			"6 checkpoints are of parked streams",
		},
		{"reconcile --segments 0", "", "segments"},
		{"abandon orders", "", "no such generation"},
		{"abandon nothing", "", `unknown projection "nothing"`},
		{"rollback reserve-stock", "", "a reaction can't be rebuilt"},
		{"rollback product-counts", "", "no retired generation is kept"},
		{"republish Order#good", "", "there is no bus: the reactor function has no EVENT_BUS_ARN"},
		{"republish good", "", "want Type#id"},
		{"republish Order#good 0", "", `"0" is no version`},
		{"verify", "2 streams, 2 commits, 2 events: 0 findings", ""},
		{"rebuild reserve-stock", "", "a reaction can't be rebuilt"},
		{"rebuild nothing", "", `unknown projection "nothing"`},
		{"rebuild", "", "accepts 1 arg(s)"},
	} {
		out, err := line(t, port, strings.Fields(step.line)...)
		columns := strings.Join(strings.Fields(out), " ") // however wide they are: a longer name widens them
		if !strings.Contains(columns, step.says) || (err == nil) != (step.fails == "") ||
			err != nil && !strings.Contains(err.Error(), step.fails) {
			t.Errorf("%s: printed %q, %v; want %q, %q", step.line, out, err, step.says, step.fails)
		}
	}
}

// TestVerifyRestored: compared with what read models show, a table that was restored to an earlier second lacks
// commits, and the command says of which streams.
func TestVerifyRestored(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	if out, err := line(t, port, "catch-up", "Order#good"); err != nil {
		t.Fatal(out, err)
	}
	restored := dynamotest.Table(t, dynamotest.Client(t), annalsaws.Events.Table)
	root := newRoot(func(name string) string { return map[string]string{"PORT": port, "TABLE_EVENTS": restored}[name] })
	var out, said bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&said)
	root.SetArgs([]string{"--local", "verify"})
	err := root.ExecuteContext(t.Context())
	if err == nil || !strings.Contains(out.String(), "Order#good@1: witness") {
		t.Errorf("annals verify of a changed event: %v, printed %s; want an error and Order#good@1: witness",
			err, out.String())
	}
	if !strings.Contains(said.String(), "table events: using "+restored+" instead of ") {
		t.Errorf("output does not name the other table that was read: %q", &said)
	}
	for _, args := range []string{
		"state Order#good", "heal Order#good", "reconcile", "parked retry orders Order#good", "rebuild orders",
	} {
		root.SetArgs(append([]string{"--local"}, strings.Fields(args)...))
		if err := root.ExecuteContext(t.Context()); err == nil ||
			!strings.Contains(err.Error(), ", not "+restored+", which TABLE_EVENTS names") {
			t.Errorf("annals %s with TABLE_EVENTS set to another table: %v, want an error that names both tables", args, err)
		}
	}
}

func TestNothingRuns(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, http.NotFoundHandler())
	nonsense := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	for port, want := range map[string]string{
		"1": "start it with `make run`", elsewhere: "404 Not Found: 404 page not found: it is no runner",
		nonsense: "is not the runner of `make run` or `annals run`: invalid character",
	} {
		if _, err := line(t, port, "projections"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("port %s: %v, want %q", port, err, want)
		}
	}
}

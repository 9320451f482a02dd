package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// running is the port of what answers as `make run` does, with tables of its own. One stream can't be projected.
func running(t *testing.T) (port string) { return runningWith(t, nil) }

// runningWith is running, with more in the environment of the functions.
func runningWith(t *testing.T, more map[string]string) (port string) {
	t.Helper()
	client := dynamotest.Client(t)
	env := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	for _, table := range annalsaws.Tables(service) {
		env[table.Env()] = dynamotest.Table(t, client, table.Table)
	}
	maps.Copy(env, more)
	for name := range env { // what the commands set is undone
		t.Setenv(name, os.Getenv(name))
	}
	t.Setenv(annalsaws.Events.Env(), env[annalsaws.Events.Env()]) // for the tests' own store
	store, err := dynamostore.New(client, env["TABLE_EVENTS"], dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for id, event := range map[string]es.RawEvent{
		"good": {Type: "OrderCreated", Schema: 1, Data: json.RawMessage(`{"orderId":"good","customerId":"ada"}`)},
		"bad":  {Type: "OrderTeleported", Schema: 1, Data: json.RawMessage(`{}`)},
	} {
		head := store.Empty(es.StreamID{Type: "Order", ID: id})
		if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{event}}}}); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local/functions/{id}/environment", func(w http.ResponseWriter, r *http.Request) {
		if id := r.PathValue("id"); id != "ProjectorFunction" && id != "ReactorFunction" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(env)
	})
	return serve(t, mux)
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

// annals runs a command line and returns what it prints, and its error.
func annals(t *testing.T, port string, args ...string) (string, error) {
	t.Helper()
	root := newRoot(func(name string) string { return map[string]string{"PORT": port}[name] })
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
		{"catch-up Order#good", "Order#good is level", ""},
		{"heal Order#bad orders", "", "Order#bad waits in orders"},
		{"catch-up good", "", "want Type#id"},
		{"projections", "orders 1 1 serving", ""},
		{"projections extra", "", `unknown command "extra"`},
		{"parked list", "orders 1 Order#bad 1 1 needs-newer-code", ""},
		{"parked list product-catalog", "PROJECTION", ""},
		{"parked list nothing", "", `unknown projection "nothing"`},
		{"parked show orders Order#bad", "OrderTeleported schema 1", ""},
		{"parked show orders Order#good", "", "does not wait"},
		{"parked retry orders Order#bad", "tried 1, 1 still wait", "not all could be applied"},
		{"parked retry", "tried 1, 1 still wait", "not all could be applied"},
		{"parked retry orders bad", "", "want Type#id"},
		{"rebuild orders", "orders: generation 2 serves", "1 streams could not be applied in generation 2 of orders and wait, Order#bad first"},
		{"rollback orders", "generation 1 serves again", ""},
		{"reconcile", "read models: 2 streams, 0 checkpoints brought level, 0", ""},
		{"reconcile --settled 0s", "reactions: 2 streams, 0 checkpoints brought level, 1 waiting", "4 checkpoints are of streams that wait"},
		{"reconcile --segments 0", "", "segments"},
		{"abandon orders", "", "no such generation"},
		{"rollback product-counts", "", "no retired generation is kept"},
		{"republish Order#good", "", "there is no bus: set EVENT_BUS_ARN"},
		{"republish good", "", "want Type#id"},
		{"republish Order#good 0", "", `"0" is no version`},
		{"verify", "2 streams, 2 commits, 2 events: 0 findings", ""},
		{"rebuild reserve-stock", "", "a reaction can't be rebuilt"},
		{"rebuild orders --segments 0", "", "--segments must be 1 or more"},
		{"rebuild nothing", "", `unknown projection "nothing"`},
		{"rebuild", "", "accepts 1 arg(s)"},
	} {
		out, err := annals(t, port, strings.Fields(step.line)...)
		columns := strings.Join(strings.Fields(out), " ") // however wide they are: a longer name widens them
		if !strings.Contains(columns, step.says) || (err == nil) != (step.fails == "") || err != nil && !strings.Contains(err.Error(), step.fails) {
			t.Errorf("%s: printed %q, %v; want %q, %q", step.line, out, err, step.says, step.fails)
		}
	}
}

// TestVerifyRestored: compared with what read models show, a table that was restored to an earlier second lacks commits, and
// the command says of which streams.
func TestVerifyRestored(t *testing.T) {
	port := running(t)
	if out, err := annals(t, port, "catch-up", "Order#good"); err != nil {
		t.Fatal(out, err)
	}
	client := dynamotest.Client(t)
	t.Setenv("TABLE_EVENTS", dynamotest.Table(t, client, annalsaws.Events.Table))
	root := newRoot(os.Getenv)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"verify"})
	err := root.ExecuteContext(t.Context())
	if err == nil || !strings.Contains(out.String(), "Order#good@1: witness") {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestNothingRuns(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, http.NotFoundHandler())
	nonsense := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	for port, want := range map[string]string{"1": "start it with `make run`", elsewhere: "what runs there is no `make run`", nonsense: "invalid character"} {
		if _, err := annals(t, port, "projections"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("port %s: %v, want %q", port, err, want)
		}
	}
}

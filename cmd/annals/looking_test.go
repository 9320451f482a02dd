package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// wire is a proxy of DynamoDB that counts the requests by operation.
type wire struct {
	mu       sync.Mutex
	requests map[string]int
}

func newWire(t *testing.T) (w *wire, endpoint string) {
	t.Helper()
	to, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	w = &wire{requests: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {} // of requests that were called off
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.mu.Lock()
		w.requests[operation]++
		w.mu.Unlock()
		proxy.ServeHTTP(out, r)
	}))
	t.Cleanup(server.Close)
	return w, server.URL
}

// take returns the number of requests and the writes among them, and resets the counts.
func (w *wire) take() (all int, writes []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for operation, n := range w.requests {
		all += n
		if writing(operation) {
			writes = append(writes, fmt.Sprintf("%d %s", n, operation))
		}
	}
	clear(w.requests)
	slices.Sort(writes)
	return all, writes
}

// looking are the command lines of read-only commands that need a service, by command.
func looking(dir string) map[string]string {
	return map[string]string{
		"annals projections": "projections",
		"annals parked list": "parked list", "annals parked show": "parked show orders Order#bad",
		"annals deadlines list": "deadlines list",
		"annals streams list":   "streams list", "annals streams show": "streams show Order#good",
		"annals state":         "state Order#good",
		"annals subjects list": "subjects list", "annals subjects show": "subjects show ada",
		"annals subjects export": "subjects export ada", "annals subjects report": "subjects report",
		"annals trace": "trace c-1", "annals doctor": "doctor", "annals events": "events Order#good",
		"annals find": "find --prefix Order#", "annals describe": "describe",
		"annals tail": "tail", "annals verify": "verify", "annals console": "console",
		"annals export": "export " + dir + "/archive", "annals anchors": "anchors " + dir + "/anchors --key " +
			dir + "/key.pem",
	}
}

// asksFor are the tasks that read-only commands ask functions for. Listing commands ask for none.
var asksFor = map[string][]ask.Task{
	"annals state": {ask.State}, "annals doctor": {ask.Readable}, "annals console": {ask.State, ask.Subject},
	"annals subjects show": {ask.Subject}, "annals subjects export": {ask.Subject, ask.Export},
	"annals subjects report": {ask.Plain},
}

// keyPair writes a private key for anchors.
func keyPair(t *testing.T, dir string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, dir+"/key.pem", private, x509.MarshalPKCS8PrivateKey)
}

// TestLookingNeverWrites: read-only commands send no writes to DynamoDB, even if no function has registered the
// projections yet. Nor do the functions that they invoke, which use the same proxy.
func TestLookingNeverWrites(t *testing.T) { //nolint:paralleltest // sets the environment
	w, endpoint := newWire(t)
	f, port := newFake(t, map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:1",
	})
	f.fill(t)
	f.open(t, "a", "ada")
	dir := t.TempDir()
	keyPair(t, dir)
	all := looking(dir)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w.take()
		ctx, cancel := context.WithCancel(t.Context())
		root := newRoot(portOf(port))
		out, in := io.Pipe()
		root.SetOut(in)
		root.SetErr(io.Discard)
		root.SetArgs(append([]string{"--local"}, strings.Fields(all[name])...))
		var said bytes.Buffer
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = root.ExecuteContext(ctx) // some find something: nothing is level
			_ = in.Close()
		}()
		switch name {
		case "annals console":
			openConsole(t, out)
		case "annals tail":
			time.Sleep(time.Second)
		default:
			_, _ = io.Copy(&said, out)
		}
		cancel()
		_, _ = io.Copy(io.Discard, out)
		<-ended
		requests, writes := w.take()
		if len(writes) > 0 || requests == 0 && name != "annals describe" &&
			(name != "annals deadlines list" || service.HasDeadlines()) {
			t.Errorf("%s made %d requests, and wrote: %s\n%s", name, requests, strings.Join(writes, ", "), &said)
		}
		tasks := f.tasks()
		for _, task := range asksFor[name] {
			if !slices.Contains(tasks, task) && task != ask.Readable { // there are no rows to read
				t.Errorf("%s asks functions for %q, want %q too", name, tasks, task)
			}
		}
		for _, task := range tasks {
			if !slices.Contains(asksFor[name], task) {
				t.Errorf("%s asks a function for %q", name, task)
			}
		}
		if f.started > 0 {
			t.Errorf("%s starts an execution", name)
		}
	}
	// Every command is read-only, or is marked as writing, or needs no service.
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		name := cmd.CommandPath()
		setup := slices.ContainsFunc([]string{"help", "completion", "new", "run", "version"}, func(n string) bool {
			return strings.HasPrefix(name, "annals "+n)
		})
		if cmd.Runnable() && !cmd.HasSubCommands() && all[name] == "" && !writes(cmd) && !setup {
			t.Errorf("%s: this test does not check whether the command writes", name)
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(newRoot(os.Getenv))
}

// openConsole opens the page of a console, and requests all that it can show.
func openConsole(t *testing.T, out io.Reader) {
	t.Helper()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	base, key, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "open ")), "?key=")
	for _, path := range []string{
		"live", "projections", "parked", "stream?stream=Order%23good", "state?stream=Order%23good&version=1",
		"find?type=OrderCreated",
		"trace?correlation=c-1", "applied?stream=Order%23good&version=1",
		"person?id=ada",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"api/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "annals-console", Value: key})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("GET %s with a read-only client: %s, want 200", path, answer.Status)
		}
		cancel()
	}
}

// TestLookingCantWrite: the client of a read-only command refuses to write.
func TestLookingCantWrite(t *testing.T) {
	t.Parallel()
	client := readOnly(dynamotest.Client(t), "annals projections")
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: new("t"), Item: key("a", "1")})
	if err == nil || !strings.Contains(err.Error(), "annals projections is read-only: PutItem refused") {
		t.Errorf("PutItem with a read-only client: %v, want it refused", err)
	}
	if _, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Error(err)
	}
}

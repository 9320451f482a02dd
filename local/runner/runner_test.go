package runner

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Requests beyond the concurrency are refused quickly; what was accepted is done, and afterwards all is as before.
func TestOverload(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t), "CONCURRENCY=3")
	var (
		all              sync.WaitGroup
		accepted, others atomic.Int32
		slowest          atomic.Int64 // refusal
	)
	for range 40 {
		all.Go(func() {
			began := time.Now()
			switch status := p.send("POST", "/items/slow?wait=2s"); status {
			case http.StatusCreated:
				accepted.Add(1)
			case http.StatusServiceUnavailable:
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
			default:
				others.Add(1)
			}
		})
	}
	all.Wait()
	if accepted.Load() != 3 || others.Load() != 0 {
		t.Errorf("of 40 requests %d were done and %d failed, want 3 and 0\n%s", accepted.Load(), others.Load(), p.stderr())
	}
	if took := time.Duration(slowest.Load()); took > time.Second {
		t.Errorf("a refusal took %s", took)
	}
	counted := map[string]struct{ Invocations, Throttled int64 }{}
	answer, err := http.Get(p.address + "/_local/functions")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&counted); err != nil {
		t.Fatal(err)
	}
	if api := counted["ApiFunction"]; api.Invocations != 3 || api.Throttled != 37 {
		t.Errorf("counts of invocations: %+v, want 3 and 37 throttled", counted)
	}
	if status := p.send("POST", "/items/later"); status != http.StatusCreated {
		t.Errorf("POST after the throttles: status %d, want 201", status)
	}
	for _, item := range []string{"/items/slow", "/items/later"} {
		eventually(t, "projected", func() bool { return p.send("GET", item) == http.StatusOK })
	}
}

// The whole way, with a database of its own: request, function, table, stream, function, table, request; then the
// runner is killed, everything ends with it, and the next one goes on where it was.
func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, systemDir)
	for i := range 20 {
		if status := p.send("POST", fmt.Sprintf("/items/%d", i)); status != 201 {
			t.Fatalf("POST: status %d, want 201; the runner printed\n%s", status, p.stderr())
		}
	}
	for i := range 20 {
		eventually(t, "projected", func() bool { return p.send("GET", fmt.Sprintf("/items/%d", i)) == 200 })
	}
	if status := p.send("GET", "/nowhere"); status != 404 {
		t.Errorf("GET an unknown route: status %d, want 404", status)
	}
	for _, want := range []string{
		"not run locally: AWS::CloudWatch::Alarm, ", "listens on ALL network interfaces", "ready http://127.0.0.1:",
		"ProjectorFunction | projecting 7\n",
	} {
		if !strings.Contains(p.stdout(), want) {
			t.Errorf("the runner did not print %q:\n%s", want, p.stdout())
		}
	}
	time.Sleep(150 * time.Millisecond) // a checkpoint is written
	children := descendants(t, p.cmd.Process.Pid)
	if len(children) < 4 { // two functions, the shell that watches them, DynamoDB Local in its shell
		t.Errorf("processes %v run, want at least 4", children)
	}
	_ = p.signal(syscall.SIGKILL)
	for _, child := range children {
		eventually(t, "all end with the runner", func() bool { return !alive(child) })
	}

	again := launch(t, state, systemDir)
	if status := again.send("GET", "/items/7"); status != 200 {
		t.Errorf("after the restart: %d", status)
	}
	again.send("POST", "/items/new")
	eventually(t, "the new one is projected", func() bool { return again.send("GET", "/items/new") == 200 })
	if strings.Contains(again.stdout(), "projecting 7\n") {
		t.Error("a record that was processed was delivered again")
	}
	if err := again.signal(syscall.SIGINT); err != nil {
		t.Errorf("after Ctrl-C: %v\n%s", err, again.stderr())
	}
	fresh := launch(t, state, systemDir, "FRESH=1")
	if status := fresh.send("GET", "/items/7"); status != 404 {
		t.Errorf("FRESH=1 kept an item: %d", status)
	}
}

// A record that kills the function is found, retried as often as declared, and reported. The others pass.
func TestPoison(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t))
	for _, id := range []string{"a", "b", "poison", "c", "d"} {
		p.send("POST", "/items/"+id)
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		eventually(t, id+" is projected", func() bool { return p.send("GET", "/items/"+id) == 200 })
	}
	told := filepath.Join(state, "queues", "Told.jsonl")
	eventually(t, "the poison is reported", func() bool { return strings.HasSuffix(read(t, told), "\n") })
	objects, err := filepath.Glob(filepath.Join(state, "buckets", "Failures", "aws", "lambda", "Subscription", "*", "*",
		"*", "*", "*"))
	if err != nil || len(objects) != 1 {
		t.Fatalf("objects: %v, %v, want one", objects, err)
	}
	if text := read(t, objects[0]); !strings.Contains(text, `"RetryAttemptsExhausted","approximateInvokeCount":2`) ||
		!strings.Contains(text, `"batchSize":1`) || !strings.Contains(text, `"payload":"{\"Records\":[`) ||
		!strings.Contains(text, "poison") {
		t.Errorf("failed batch: %s, want its reason, attempts and payload", text)
	}
	if text := read(t, told); !strings.Contains(text, filepath.Base(objects[0])) || !strings.Contains(text, "aws:s3") {
		t.Errorf("message about the failed batch: %s, want the object", text)
	}
	if !strings.Contains(p.stderr(), "RECORDS GIVEN UP") {
		t.Errorf("no loud word:\n%s", p.stderr())
	}
	_ = p.signal(syscall.SIGKILL)
}

func TestTheEndIsGraceful(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), system(t)
	p := launch(t, state, dir, shared(t))
	status := make(chan int)
	go func() { status <- p.send("POST", "/items/slow?wait=500ms") }()
	time.Sleep(200 * time.Millisecond)
	p.send("POST", "/items/long")
	eventually(t, "its projection begins", func() bool { return strings.Contains(p.stdout(), "long begins") })
	children := descendants(t, p.cmd.Process.Pid)
	if err := p.signal(syscall.SIGTERM); err != nil {
		t.Errorf("exit of the runner: %v", err)
	}
	if got := <-status; got != 201 {
		t.Errorf("the request in flight got %d", got)
	}
	if slices.ContainsFunc(children, alive) {
		t.Error("a child process lives after the end of the runner")
	}
	again := launch(t, state, dir, shared(t))
	for _, id := range []string{"slow", "long", "next"} {
		if id == "next" {
			again.send("POST", "/items/next")
		}
		eventually(t, id+" is projected", func() bool { return again.send("GET", "/items/"+id) == 200 })
	}
	if strings.Contains(again.stdout(), "projecting long") {
		t.Error("the runner did not wait for the invocation")
	}
	_ = again.signal(syscall.SIGKILL)
}

func TestKilledInTheMidst(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	go func() {
		if answer, err := http.Get(p.address + "/items/slow?wait=9s"); err == nil {
			_ = answer.Body.Close()
		}
	}()
	var children []int
	eventually(t, "the function runs", func() bool {
		children = descendants(t, p.cmd.Process.Pid)
		return len(children) >= 2
	})
	time.Sleep(100 * time.Millisecond)
	_ = p.signal(syscall.SIGKILL)
	begin := time.Now()
	for _, child := range children {
		eventually(t, "all end", func() bool { return !alive(child) })
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("end of the runner took %v, want at most 2 s", took)
	}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t))
	if words := refusal(t, []string{"-state", state, "-template", systemDir}, "PORT=0",
		shared(t)); !strings.Contains(words, fmt.Sprintf("another runner (process %d)", p.cmd.Process.Pid)) {
		t.Errorf("second runner on the same state: %s, want an error that names the first", words)
	}
	_, port, _ := strings.Cut(p.address, "127.0.0.1:")
	if words := refusal(t, []string{"-state", t.TempDir(), "-template", systemDir}, "PORT="+port,
		shared(t)); !strings.Contains(words, "port "+port+" is in use") {
		t.Errorf("runner on a port in use: %s, want an error that names the port", words)
	}
	_ = p.signal(syscall.SIGKILL)
}

func TestFreshOnASharedDatabase(t *testing.T) {
	t.Parallel()
	dir := system(t)
	p := launch(t, t.TempDir(), dir, shared(t))
	p.send("POST", "/items/a")
	eventually(t, "it is projected", func() bool { return p.send("GET", "/items/a") == 200 })
	_ = p.signal(syscall.SIGKILL)
	again := launch(t, t.TempDir(), dir, shared(t))
	if status := again.send("GET", "/items/a"); status != 200 {
		t.Errorf("GET an item after a restart: status %d, want 200", status)
	}
	_ = again.signal(syscall.SIGKILL)
	fresh := launch(t, t.TempDir(), dir, shared(t), "FRESH=1")
	if status := fresh.send("GET", "/items/a"); status != 404 {
		t.Errorf("GET an item after a start with FRESH=1: status %d, want 404", status)
	}
	_ = fresh.signal(syscall.SIGKILL)
}

func TestAnotherDeclaration(t *testing.T) {
	t.Parallel()
	dir := system(t)
	_ = launch(t, t.TempDir(), dir, shared(t)).signal(syscall.SIGTERM)
	found, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(found[0], []byte(strings.ReplaceAll(string(text), `"p"`, `"q"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if words := refusal(t, []string{"-state", t.TempDir(), "-template", dir}, "PORT=0",
		shared(t)); !strings.Contains(words, "FRESH=1") {
		t.Errorf("runner with changed tables: %s, want an error with FRESH=1", words)
	}
}

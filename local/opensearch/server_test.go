//go:build search

package opensearch_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/local/opensearch"
)

// With RUN_SERVER the test binary is a parent of a server whose data is temporary.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_SERVER") != "" {
		s, err := opensearch.Start(context.Background(), opensearch.Config{})
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, s.URL())
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, cfg opensearch.Config) *opensearch.Server {
	t.Helper()
	s, err := opensearch.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a request, and returns the answer's status and body.
func ask(t *testing.T, method, url, body string) (int, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// do is ask for a request that must be accepted.
func do(t *testing.T, method, url, body string) string {
	t.Helper()
	status, text, err := ask(t, method, url, body)
	if err != nil || status >= 300 {
		t.Fatalf("%s %s: %d, %v: %s", method, url, status, err, text)
	}
	return text
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	s := start(t, opensearch.Config{Dir: filepath.Join(t.TempDir(), "state", "dàtä")})
	// With this setting a disk that is nearly full does not make the indexes read-only.
	const ofDisk = "cluster.routing.allocation.disk.threshold_enabled"
	settings := do(t, "GET", s.URL()+"/_cluster/settings?include_defaults&flat_settings&filter_path=*."+
		strings.ReplaceAll(ofDisk, ".", "%5C."), "")
	if !strings.Contains(settings, `"`+ofDisk+`":"false"`) {
		t.Errorf("settings: %s, want %s=false", settings, ofDisk)
	}
	do(t, "PUT", s.URL()+"/orders", `{"mappings": {"properties": {"note": {"type": "text", "analyzer": "english"}}}}`)
	do(t, "PUT", s.URL()+"/orders/_doc/1?refresh=true&timeout=5s", `{"note": "two running ponies"}`)
	found := do(t, "GET", s.URL()+"/orders/_search?q=note:pony&filter_path=hits.total.value", "")
	if found != `{"hits":{"total":{"value":1}}}` {
		t.Errorf("search: %s, want one document", found)
	}
	status, text, err := ask(t, "PUT", s.URL()+"/other/_doc/1", `{}`)
	if err != nil || status != http.StatusNotFound {
		t.Errorf("a document for a missing index: %d, %v: %s, want 404", status, err, text)
	}
	if err := s.Stop(); err != nil { // with a connected client
		t.Error(err)
	}
	<-s.Done()
	if _, _, err := ask(t, "GET", s.URL(), ""); err == nil {
		t.Error("the server answers after Stop")
	}
}

// TestDataStay: after a kill of the server, and of the program that runs it, the next start has what was written, and
// answers searches at once.
func TestDataStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, opensearch.Config{Dir: dir})
	do(t, "PUT", first.URL()+"/orders", "")
	do(t, "PUT", first.URL()+"/orders/_doc/7", `{"id": 7}`)
	process := do(t, "GET", first.URL()+"/_nodes/process?filter_path=nodes.*.process.id", "")
	var pid int
	if _, err := fmt.Sscanf(process[strings.LastIndex(process, ":"):], ":%d", &pid); err != nil {
		t.Fatalf("the process of %s: %v", process, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	again := start(t, opensearch.Config{Dir: dir, Port: first.Port()})
	if found := do(t, "GET", again.URL()+"/orders/_count?filter_path=count", ""); found != `{"count":1}` {
		t.Errorf("after a kill: %s, want 1", found)
	}
}

// TestStartWaitsForADyingServer: a start that finds another server's lock tries again until that server has ended.
func TestStartWaitsForADyingServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, opensearch.Config{Dir: dir})
	started := make(chan error, 1)
	go func() {
		second, err := opensearch.Start(t.Context(), opensearch.Config{Dir: dir})
		if err == nil {
			err = second.Stop()
		}
		started <- err
	}()
	time.Sleep(500 * time.Millisecond) // for the start to find the lock; if it is later, it finds none
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	if err := <-started; err != nil {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	s := start(t, opensearch.Config{})
	dir := filepath.Join(t.TempDir(), "data")
	_, err := opensearch.Start(t.Context(), opensearch.Config{Dir: dir, Port: s.Port()})
	want := fmt.Sprintf("OpenSearch cannot listen on %d: the port is in use", s.Port())
	if err == nil || err.Error() != want {
		t.Errorf("on a port in use: %v, want %s", err, want)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was created for a server that cannot start: %v", err)
	}
}

// TestDataThatCannotBeRead: the error has what the server printed.
func TestDataThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nodes"), []byte("Dear Ada,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := opensearch.Start(t.Context(), opensearch.Config{Dir: dir})
	if err == nil || !strings.HasPrefix(err.Error(), "OpenSearch ended during start: ") ||
		!strings.Contains(err.Error(), filepath.Join(dir, "nodes")) || strings.Contains(err.Error(), "\n") {
		t.Errorf("start with other data: %v, want one line that names the file", err)
	}
}

func TestNothingIsLeftOfAStartThatIsStopped(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := opensearch.Start(ctx, opensearch.Config{Dir: filepath.Join(parent, "data")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("start after its context ended: %v", err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestTheServerEndsWithItsParent, however the parent ends, and its temporary data is removed.
func TestTheServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "RUN_SERVER=1", "TMPDIR="+temp)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Process.Kill() }()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	do(t, "GET", url, "") // a connected client does not delay the end
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(temp)
		if err == nil && len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the end of its parent the server's data is left: %v, %v", left, err)
		}
	}
	if _, _, err := ask(t, "GET", url, ""); err == nil {
		t.Error("the server still runs after the end of its parent")
	}
}

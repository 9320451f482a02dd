package runner

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// What TestMain builds once: the runner, and a folder as CDK synthesizes one.
var runnerBinary, systemDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "local-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		runnerBinary, systemDir = filepath.Join(dir, "local"), filepath.Join(dir, "system")
		if err := os.CopyFS(systemDir, os.DirFS("testdata/system")); err != nil {
			panic(err)
		}
		var all sync.WaitGroup
		for to, from := range map[string]string{
			runnerBinary: "..",
			filepath.Join(systemDir, "asset.api", "bootstrap"):       "./testdata/system/api",
			filepath.Join(systemDir, "asset.courier", "bootstrap"):   "./testdata/system/courier",
			filepath.Join(systemDir, "asset.projector", "bootstrap"): "./testdata/system/projector",
			filepath.Join(systemDir, "asset.socket", "bootstrap"):    "./testdata/system/socket",
			filepath.Join(systemDir, "asset.team", "bootstrap"):      "./testdata/system/team",
		} {
			all.Go(func() {
				if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", to, from).CombinedOutput(); err != nil {
					panic(fmt.Sprintf("%s%v", out, err))
				}
			})
		}
		all.Wait()
		return m.Run()
	}())
}

// process is a running runner.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	mu      sync.Mutex
	out     bytes.Buffer
	errOut  bytes.Buffer
	ended   chan error
}

// system copies the system under a name of its own, so that its tables are its own too.
func system(t *testing.T) string {
	t.Helper()
	dir, name := t.TempDir(), "Sys"+rand.Text()[:8]
	for from, to := range map[string]string{
		"Sys.template.json": name + ".template.json", "Sys.assets.json": name + ".assets.json",
	} {
		text, err := os.ReadFile(filepath.Join(systemDir, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, asset := range []string{"asset.api", "asset.courier", "asset.projector", "asset.socket", "asset.team"} {
		if err := os.Symlink(filepath.Join(systemDir, asset), filepath.Join(dir, asset)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// launch starts a runner on a state folder and waits until it is ready. Its port is a free one.
func launch(t *testing.T, state, system string, env ...string) *process {
	t.Helper()
	return launchWith(t, state, system, nil, env...)
}

// launchWith is launch with more arguments.
func launchWith(t *testing.T, state, system string, args []string, env ...string) *process {
	t.Helper()
	p := &process{t: t, ended: make(chan error, 1)}
	p.cmd = exec.Command(runnerBinary, append(args, "-state", state, "-template", system)...)
	p.cmd.Env = append(append(os.Environ(), "PORT=0", "FRESH="), env...)
	p.cmd.Stderr = writer(func(text []byte) { p.errOut.Write(text) }, &p.mu)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if address, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- address
			}
			p.mu.Lock()
			p.out.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
		}
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case p.address = <-ready:
	case <-time.After(30 * time.Second):
		t.Fatalf("the runner was not ready in 30 s:\n%s", p.stderr())
	case err := <-p.ended:
		t.Fatalf("the runner ended with %v:\n%s", err, p.stderr())
	}
	return p
}

type lockedWriter struct {
	write func([]byte)
	mu    *sync.Mutex
}

func writer(write func([]byte), mu *sync.Mutex) io.Writer { return lockedWriter{write, mu} }

func (w lockedWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(text)
	return len(text), nil
}

func (p *process) stdout() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *process) stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.String()
}

// shared is the environment in which a runner uses the test binary's database.
func shared(t *testing.T) string { return "DYNAMODB_ENDPOINT=" + dynamotest.Endpoint(t) }

// signal sends a signal and waits for the end.
func (p *process) signal(s syscall.Signal) error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(15 * time.Second):
		p.t.Fatal("the runner did not end")
		return nil
	}
}

// send sends a request and returns the status.
func (p *process) send(method, path string) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// descendants lists the processes below one.
func descendants(t *testing.T, of int) []int {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]int{}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 2 {
			child, _ := strconv.Atoi(fields[0])
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], child)
		}
	}
	var all []int
	for next := []int{of}; len(next) > 0; {
		below := children[next[0]]
		all, next = append(all, below...), append(next[1:], below...)
	}
	return all
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

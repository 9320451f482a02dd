package runner

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// besideEnv makes this test binary the program beside a runner.
const besideEnv = "LOCAL_TEST_BESIDE"

func init() {
	if os.Getenv(besideEnv) != "" {
		os.Exit(programBeside())
	}
}

// programBeside answers who it is and what it was asked, sends events that never end, and dies when told to.
func programBeside() int {
	listener, err := net.FileListener(os.NewFile(3, "socket"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		fmt.Println("it ends with the runner")
		os.Exit(0)
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, os.Getpid(), os.Getenv("PORT"), r.Host, r.URL)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(7) })
	_ = http.Serve(listener, mux)
	return 1
}

// launchBeside starts a runner with this test binary beside it.
func launchBeside(t *testing.T) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launchWith(t, t.TempDir(), system(t), []string{"-beside", "/_beside=exec " + program}, shared(t),
		besideEnv+"=1")
}

func (p *process) get(path string) (status int, body string) {
	p.t.Helper()
	answer, err := http.Get(p.address + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// A program beside the service answers below its path, with its answers as they come, is started again when it dies,
// and ends with the runner.
func TestBeside(t *testing.T) {
	t.Parallel()
	p := launchBeside(t)
	_, port, _ := strings.Cut(p.address, "127.0.0.1:")
	var pid int
	_, body := p.get("/_beside/a%2Fb?c=%C3%A9") // waits for the program's start
	if want := fmt.Sprintf("%s 127.0.0.1:%s /a%%2Fb?c=%%C3%%A9", port, port); !strings.HasSuffix(body, want) {
		t.Errorf("request to the program: %q, want %q", body, want)
	}
	if _, err := fmt.Sscan(body, &pid); err != nil {
		t.Fatal(err)
	}
	if _, body := p.get("/_beside"); !strings.HasSuffix(body, " /") {
		t.Errorf("path of the program without a slash: %q", body)
	}
	if status, _ := p.get("/_besides"); status != http.StatusNotFound {
		t.Errorf("path of a name that begins the same: status %d", status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address+"/_beside/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("page of another origin: %v, %v", answer, err)
	}
	if !strings.Contains(p.stdout(), "beside "+p.address+"/_beside\n") {
		t.Errorf("the program's address was not printed:\n%s", p.stdout())
	}

	if status, body := p.get("/_beside/die"); status != http.StatusBadGateway || !strings.Contains(body, "/_beside") {
		t.Errorf("request while the program restarts: status %d, %s", status, body)
	}
	var next int
	_, body = p.get("/_beside/") // waits for the restart
	if _, err := fmt.Sscan(body, &next); err != nil || next == pid {
		t.Errorf("after the program ended, %q answers, %v; want another process", body, err)
	}
	if !strings.Contains(p.stderr(), "started again") || !strings.Contains(p.stderr(), "exit status 7") {
		t.Errorf("log, want the exit status and another start:\n%s", p.stderr())
	}

	answer, err := http.Get(p.address + "/_beside/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if line, err := bufio.NewReader(answer.Body).ReadString('\n'); line != "data: first\n" {
		t.Errorf("an event that is sent: %q, %v", line, err)
	}
	began := time.Now()
	if err := p.signal(syscall.SIGTERM); err != nil { // with the answer above still on its way
		t.Errorf("exit of the runner: %v", err)
	}
	if took := time.Since(began); took > grace {
		t.Errorf("the end took %s", took)
	}
	if alive(next) || !strings.Contains(p.stdout(), "_beside | it ends with the runner") {
		t.Errorf("the program lives on: %v; the runner printed\n%s", alive(next), p.stdout())
	}
}

func TestBesideIsKilledWithTheRunner(t *testing.T) {
	t.Parallel()
	p := launchBeside(t)
	var pid int
	_, body := p.get("/_beside/")
	if _, err := fmt.Sscan(body, &pid); err != nil {
		t.Fatal(err)
	}
	_ = p.signal(syscall.SIGKILL)
	eventually(t, "it ends", func() bool { return !alive(pid) })
}

func TestParseBeside(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Beside{
		"/_console=./console --flag=x": {Path: "/_console", Command: "./console --flag=x"},
		"":                             {}, "/=x": {}, "console=x": {}, "/console": {}, "/console=": {}, "/console/=x": {},
	} {
		got, err := ParseBeside(text)
		if got != want || (err == nil) != (want != Beside{}) {
			t.Errorf("parse %q: %v, %v, want %v", text, got, err, want)
		}
	}
}

package child

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLastOutput: only the end of what a server printed is kept.
func TestLastOutput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ printed, want string }{
		{"one\ntwo\n", "two"}, {"one\ntwo\n\n", "two"}, {"one", "one"}, {"", ""},
		{strings.Repeat("line\n", 10_000) + "end", "end"},
	} {
		var o output
		if n, err := o.Write([]byte(test.printed)); n != len(test.printed) || err != nil {
			t.Errorf("write %d bytes: %d, %v", len(test.printed), n, err)
		}
		if kept := o.String(); LastLine(kept) != test.want || len(kept) > 8<<10 {
			t.Errorf("of %.80q %d bytes are kept, last %q, want %q", test.printed, len(kept), LastLine(kept), test.want)
		}
	}
}

func run(t *testing.T, script, temporary string) *Process {
	t.Helper()
	p, err := Start(Config{
		Name: "Script", Args: []string{"sh", "-c", script}, Env: Environ(), Signal: "TERM", Temporary: temporary,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAServerThatEndsByItself: Await says so, its output says why, and its temporary folder is removed.
func TestAServerThatEndsByItself(t *testing.T) {
	t.Parallel()
	temporary := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	p := run(t, "echo no space >&2; exit 3", temporary)
	err := p.Await(t.Context(), func(context.Context) bool { return false })
	if !errors.Is(err, ErrEnded) || LastLine(p.Output()) != "no space" {
		t.Errorf("await a server that ended: %v, %q", err, p.Output())
	}
	if _, err := os.Stat(temporary); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its temporary folder is left: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("stop a server that ended: %v", err)
	}
}

// TestStop: the server gets its signal. One that ignores the signal is killed.
func TestStop(t *testing.T) {
	t.Parallel()
	for trap, says := range map[string]bool{"echo bye; exit": true, "": false} {
		p := run(t, "trap '"+trap+"' TERM; echo up; while :; do sleep 0.05; done", "")
		up := func(context.Context) bool { return p.Output() != "" }
		if err := p.Await(t.Context(), up); err != nil {
			t.Fatal(err)
		}
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if got := p.Output(); strings.HasSuffix(got, "bye\n") != says || !strings.HasPrefix(got, "up\n") {
			t.Errorf("with the trap %q it printed %q", trap, got)
		}
	}
}

// TestOnPort: a start that finds the port taken is tried again on another one, but not if the caller chose the port.
func TestOnPort(t *testing.T) {
	t.Parallel()
	calls := 0
	start := func(port int) (int, error) {
		if calls++; calls == 1 {
			return 0, PortTaken("Script", port)
		}
		return port, nil
	}
	if port, err := OnPort(t.Context(), "Script", 0, start); err != nil || calls != 2 || port < firstPort {
		t.Errorf("start on any port: %d, %v after %d calls", port, err, calls)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = OnPort(t.Context(), "Script", l.Addr().(*net.TCPAddr).Port, start)
	if !errors.Is(err, ErrPortTaken) || calls != 2 {
		t.Errorf("start on a port in use: %v after %d calls, want no further call", err, calls)
	}
}

// TestLock: a server holds the lock of its data until it has ended, after its parent has closed the file.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "data")
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Config{Name: "Script", Args: []string{"sleep", "600"}, Env: Environ(), Signal: "TERM", Lock: lock})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Lock(dir); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("lock of a running server's data: %v, %v", second, err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("lock of an ended server's data: %v", err)
	}
	_ = again.Close()
}

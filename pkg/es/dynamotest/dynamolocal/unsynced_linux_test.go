//go:build amd64 || arm64

package dynamolocal

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// A command runs with one seccomp filter more than the goroutines of this process.
func TestUnsyncedIsTheCommandAlone(t *testing.T) {
	t.Parallel()
	own, known := filters(t, "/proc/thread-self/status")
	if !known {
		t.Skip("the kernel does not report the number of filters")
	}
	var status bytes.Buffer
	cmd := exec.Command("cat", "/proc/self/status")
	cmd.Stdout = &status
	if err := startUnsynced(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if of, _ := count(t, status.Bytes()); of != own+1 {
		t.Errorf("the command has %d filters, this goroutine has %d, want one more", of, own)
	}
	// A grandchild inherits the filter, and its writes are kept.
	file := filepath.Join(t.TempDir(), "file")
	cmd = exec.Command("sh", "-c", `echo written > "$0" && sync "$0"`, file)
	if err := startUnsynced(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("process whose sync fails: %v", err)
	}
	if text, err := os.ReadFile(file); string(text) != "written\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	if now, _ := filters(t, "/proc/thread-self/status"); now != own {
		t.Errorf("this goroutine has %d filters, before it had %d", now, own)
	}
}

func filters(t *testing.T, file string) (n int, known bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return count(t, text)
}

var counted = regexp.MustCompile(`(?m)^Seccomp_filters:\s*(\d+)$`)

func count(t *testing.T, status []byte) (n int, known bool) {
	t.Helper()
	found := counted.FindSubmatch(status)
	if found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n, true
}

// TestNoThreadEnds: processes started earlier with PR_SET_PDEATHSIG keep running, whichever thread started them.
func TestNoThreadEnds(t *testing.T) {
	t.Parallel()
	var children []*exec.Cmd
	for range 20 { // on several threads
		child := exec.Command("sleep", "60")
		child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		started := make(chan error)
		go func() { started <- child.Start() }()
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
		cmd := exec.Command("true")
		if err := startUnsynced(cmd); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for i, child := range children {
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Errorf("child %d ended too early: %v", i, err)
		}
	}
}

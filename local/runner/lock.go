package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lock prevents that a second runner uses the same state. The kernel releases the lock when this process ends.
func lock(state string) (*os.File, error) {
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(f.Name())
		_ = f.Close()
		return nil, fmt.Errorf("another runner (process %s) uses %s: stop it first, or choose another folder with --state",
			strings.TrimSpace(string(owner)), state)
	}
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(f, os.Getpid())
	return f, err
}

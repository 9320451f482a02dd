package debian

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestWithoutServices: a policy forbids that a package starts its service while it is installed, and nothing is left of
// it. Debian asks the policy by running it.
func TestWithoutServices(t *testing.T) {
	t.Parallel()
	const others = "#!/bin/sh\nexit 104\n"
	for _, test := range []struct {
		before string
		status int
	}{{"", 101}, {others, 104}} {
		policy := filepath.Join(t.TempDir(), "policy-rc.d")
		if test.before != "" {
			if err := os.WriteFile(policy, []byte(test.before), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		failure := errors.New("no network")
		err := withoutServices(policy, func() error {
			err := exec.Command(policy, "redis-server", "start").Run()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != test.status {
				t.Errorf("policy during the installation: %v, want status %d", err, test.status)
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("the failed installation returns %v", err)
		}
		switch text, err := os.ReadFile(policy); {
		case test.before == "" && !errors.Is(err, os.ErrNotExist):
			t.Errorf("a policy is left: %q, %v", text, err)
		case test.before != "" && string(text) != test.before:
			t.Errorf("the machine's policy is now %q, %v", text, err)
		}
	}
}

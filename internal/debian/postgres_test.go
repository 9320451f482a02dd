package debian

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWithoutCluster: Debian's package is told to create no cluster while it is installed, and nothing is left of it.
func TestWithoutCluster(t *testing.T) {
	t.Parallel()
	for _, other := range []bool{false, true} {
		etc := t.TempDir()
		dir := filepath.Join(etc, "postgresql-common", "createcluster.d")
		if other {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "other.conf"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		failure := errors.New("no network")
		err := withoutCluster(dir, func() error {
			files, _ := filepath.Glob(filepath.Join(dir, "annals*.conf"))
			if len(files) != 1 {
				t.Fatalf("settings during the installation: %v, want one file", files)
			}
			if text, err := os.ReadFile(files[0]); strings.TrimSpace(string(text)) != "create_main_cluster = false" {
				t.Errorf("settings during the installation: %q, %v", text, err)
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("the failed installation returns %v", err)
		}
		left, err := os.ReadDir(dir)
		if other && (err != nil || len(left) != 1 || left[0].Name() != "other.conf") {
			t.Errorf("another's settings: %v, %v, want them kept", left, err)
		}
		if !other && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("settings are left: %v, %v", left, err)
		}
	}
}

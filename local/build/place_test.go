package build_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/annals-es/annals/local/build"
)

// TestPlacedAtOnce: several runs may place the same file at once. It is whole at any time.
func TestPlacedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "made"), filepath.Join(dir, "there", "bootstrap")
	content := bytes.Repeat([]byte("x"), 1<<20)
	if err := os.WriteFile(from, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_ = os.Remove(to) // it is not there the first time
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := build.Place(from, to); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes are placed, %v, want %d", len(got), err, len(content))
		}
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
		t.Errorf("files in the folder: %v, %v, want one", left, err)
	}
}

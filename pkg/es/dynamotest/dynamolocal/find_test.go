package dynamolocal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFind: the project's own DynamoDB Local is preferred to the user's.
func TestFind(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home) // the cache folder on macOS
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	project := t.TempDir()
	inside := filepath.Join(project, "pkg", "orders")
	if err := os.MkdirAll(inside, 0o750); err != nil {
		t.Fatal(err)
	}
	put := func(file string) {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(project, "go.mod"))
	t.Chdir(inside)
	if dir, err := Find(); !errors.Is(err, ErrMissing) {
		t.Errorf("find: %s, %v, want an error that it is missing", dir, err)
	}
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	put(jar(cache))
	if dir, err := Find(); err != nil || dir != cache {
		t.Errorf("found in %s, %v, want the user's in %s", dir, err, cache)
	}
	root, err := Root() // with symbolic links resolved
	if err != nil {
		t.Fatal(err)
	}
	put(jar(Dir(root)))
	if dir, err := Find(); err != nil || dir != Dir(root) {
		t.Errorf("found in %s, %v, want the project's in %s", dir, err, Dir(root))
	}
	t.Chdir(t.TempDir()) // outside any project
	if dir, err := Find(); err != nil || dir != cache {
		t.Errorf("outside a project: found in %s, %v, want %s", dir, err, cache)
	}
}

package opensearch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maven replaces the command mvn by a script.
func maven(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "mvn"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// TestEnsureFetchesOnce, and replaces another version.
func TestEnsureFetchesOnce(t *testing.T) { //nolint:paralleltest // sets PATH
	calls := filepath.Join(t.TempDir(), "calls")
	maven(t, "[ -f pom.xml ] && [ -f Local.java ] || exit 1\necho call >>"+calls+
		"\nmkdir classes lib && echo code >classes/Local.class\n")
	parent := t.TempDir()
	dir := filepath.Join(parent, "state", "opensearch")
	for _, want := range []string{"call\n", "call\n", "call\ncall\n"} {
		if want == "call\ncall\n" {
			if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte("another version"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "lib", "old.jar"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := Ensure(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(calls); err != nil || string(got) != want {
			t.Errorf("calls of Maven: %q, %v, want %q", got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "classes", "Local.class")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "lib", "old.jar")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a jar of the other version is left: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// TestAFailedFetch says why in one line, and leaves nothing.
func TestAFailedFetch(t *testing.T) { //nolint:paralleltest // sets PATH
	for script, want := range map[string]string{
		"echo '[ERROR] no network'; echo '[ERROR] Re-run Maven with -e'; exit 1": ": no network",
		"echo one; echo out of memory; exit 137":                                 ": out of memory",
		"mkdir classes":                                                          "Maven did not create it",
	} {
		maven(t, script)
		parent := t.TempDir()
		err := Ensure(t.Context(), filepath.Join(parent, "opensearch"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "fetch OpenSearch: ") {
			t.Errorf("fetch by %q: %v, want %s", script, err, want)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	}
}

// TestWhatIsMissing: errors name the command to run.
func TestWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if err := Ensure(t.Context(), filepath.Join(dir, "opensearch")); err == nil ||
		!strings.Contains(err.Error(), "Maven is missing") {
		t.Errorf("fetch without Maven: %v, want an error that says so", err)
	}
	_, err := Start(t.Context(), Config{Home: dir})
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "run `make opensearch`") {
		t.Errorf("start without OpenSearch: %v, want an error that says what to run", err)
	}
	for _, name := range sourceNames {
		if err := os.WriteFile(filepath.Join(dir, name), source(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Start(t.Context(), Config{Home: dir}); err == nil || !strings.Contains(err.Error(), "Java is missing") {
		t.Errorf("start without Java: %v, want an error that says so", err)
	}
	t.Chdir(dir)
	if err := os.WriteFile("go.mod", []byte("module other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := Find(); !errors.Is(err, ErrMissing) {
		t.Errorf("find in another project: %s, %v, want ErrMissing", found, err)
	}
}

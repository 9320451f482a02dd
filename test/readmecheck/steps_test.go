package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "Text.\n\n```go\n// a/b.go\npackage a\n```\n```go\nneither(this)\n```\n```sh\n$ exit 7\n```\n" +
	"```console\n$ cat \\\n    a/b.go\n// a/b.go\npackage a\n$ true\n```\n"

func TestSteps(t *testing.T) {
	t.Parallel()
	want := []step{
		file{"a/b.go", "// a/b.go\npackage a\n"},
		command{"cat \\\n    a/b.go", "// a/b.go\npackage a\n"}, command{text: "true"},
	}
	if d := cmp.Diff(want, steps(page), cmp.AllowUnexported(file{}, command{})); d != "" {
		t.Errorf("steps of the page (-want +got):\n%s", d)
	}
}

// TestRun: a page with the right outputs passes. A page with a wrong output, or with unformatted code, fails.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, page, want string }{
		{"as it is", page, ""},
		{"other output", strings.Replace(page, "package a\n$", "package b\n$", 1), "the output differs"},
		{"a command that fails", page + "```console\n$ false\n```\n", "exit status 1"},
		{"not formatted", strings.Replace(page, "package a", "package  a", 1), "not formatted by gofmt"},
		{"no Go", strings.Replace(page, "package a", "func {", 1), "expected"},
		{"no commands", "Text.\n", "no commands found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "page.md")
			if err := os.WriteFile(path, []byte(c.page), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run([]string{"-dir", dir, path})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("run the steps: %v, want an error with %s", err, c.want)
			}
		})
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	if one, other := mask("ok  \texample.org/a\t0.005s\n"), mask("ok  \texample.org/a\t(cached)"); one != other {
		t.Errorf("masked output of two runs: %q and %q, want the same", one, other)
	}
}

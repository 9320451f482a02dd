package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "Text.\n\n```go\n// a/b.go\npackage a\n```\n```go\nneither(this)\n```\n```sh\n$ exit 7\n```\n" +
	"```console\n$ cat \\\n    a/b.go\n// a/b.go\npackage a\n$ true\n```\n" +
	"```diff\n--- a/b.go\n-package a\n+package b\n```\n```diff\n-neither this\n```\n" +
	"```console\n$ cd a\n$ cat b.go\n…\npackage …\n```\n" +
	"```console background\n$ touch there; echo ready; sleep 100\nready\n```\n```console\n$ ls\nb.go\nthere\n^C\n```\n"

func TestSteps(t *testing.T) {
	t.Parallel()
	want := []step{
		file{"a/b.go", "// a/b.go\npackage a\n"},
		command{"cat \\\n    a/b.go", "// a/b.go\npackage a\n"}, command{text: "true"},
		edit{"a/b.go", "-package a\n+package b\n"},
		command{text: "cd a"}, command{"cat b.go", "…\npackage …\n"},
		&background{command: command{"touch there; echo ready; sleep 100", "ready\n"}},
		command{"ls", "b.go\nthere\n"}, interrupt{},
	}
	of := cmp.Transformer("command", func(b *background) command { return b.command })
	if d := cmp.Diff(want, steps(page), cmp.AllowUnexported(file{}, command{}, edit{}), of); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestRun: a page with the right outputs passes. A page with a wrong output, or with unformatted code, fails.
func TestRun(t *testing.T) {
	t.Parallel()
	other := func(old, now string) string {
		if strings.Count(page, old) != 1 {
			t.Fatalf("the page has %q not once", old)
		}
		return strings.Replace(page, old, now, 1)
	}
	for _, c := range []struct{ name, page, want string }{
		{"as it is", page, ""},
		{"other output", other("package a\n$", "package b\n$"), "the output differs"},
		{"a command that fails", page + "```console\n$ false\n```\n", "exit status 1"},
		{"not formatted", other("b.go\npackage a\n```", "b.go\npackage  a\n```"), "not formatted by gofmt"},
		{"no Go", other("b.go\npackage a\n```", "b.go\nfunc {\n```"), "expected"},
		{"no commands", "Text.\n", "no commands found"},
		{"an edit of nothing", other("-package a\n", "-package c\n"), "has this 0 times, want it once"},
		{"an edit of a file that is not there", other("--- a/b.go", "--- a/c.go"), "no such file"},
		{"an edit that changes nothing", other("+package b", "+package a"), "needs lines that are there"},
		{"an edit that is none", other("+package b", "package b"), `begins with 'p'`},
		{"what ends early", other("echo ready; sleep 100", "exit"), "it has ended"},
		{
			"a panic", strings.Replace(other("; echo ready", "; echo panic: a fault; echo ready"), "\nready\n", "\n…\nready\n", 1),
			"told of a panic",
		},
		{"two run", page + "```console background\n$ sleep 99\n…\n$ sleep 99\n…\n```\n", "runs already: stop it with ^C"},
		{"nothing to stop", page + "```console\n^C\n```\n", "nothing runs in the background"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(t.TempDir(), "page.md")
			if err := os.WriteFile(path, []byte(c.page), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run(t.Context(), []string{"-dir", dir, path})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		printed, documented string
		want                bool
	}{
		{"ok  \texample.org/a\t0.005s\n", "ok  \texample.org/a\t(cached)", true},
		{"a 1\nb\n", "a …\nb", true},
		{"a 1\nb\n", "a …", false},
		{"a\nb\nc\n", "…\nc", true},
		{"a\nb\nc\n", "a\n…\nc", true},
		{"a\nb\nc\n", "a\n…", true},
		{"a\n", "…\na\n…", true},
		{"a\nb\nc\n", "…\nb", false},
		{"a.b\n", "a?b", false},
	} {
		if got := same(c.printed, c.documented); got != c.want {
			t.Errorf("same(%q, %q) is %v", c.printed, c.documented, got)
		}
	}
}

package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/journal"
)

type line struct{ Put, Deleted string }

func lines(t *testing.T, path string) string {
	t.Helper()
	var all []string
	if err := journal.Read(path, func(l line) { all = append(all, l.Put+l.Deleted) }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// A killed writer leaves its file as it is, at worst with half a line.
func TestLinesOutliveTheirWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "file.jsonl")
	if got := lines(t, path); got != "" {
		t.Errorf("lines without a file: %q", got)
	}
	j, err := journal.Create(path, []line{{Put: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Write(line{Put: "b"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, `{"Put":"c`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path); got != "a b" {
		t.Errorf("lines after a crash: %q, want a b", got)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Write(line{Put: "d"}); err == nil || !strings.Contains(err.Error(), "write local data: ") {
			t.Errorf("write to a closed file: %v", err)
		}
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.jsonl")
	j, err := journal.Create[line](path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if j.Long(1) {
			t.Fatalf("it is long after %d lines", i)
		}
		if err := j.Write(line{Put: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if !j.Long(100) || j.Long(101) {
		t.Errorf("1000 lines are long for 100 things: %v, for 101: %v", j.Long(100), j.Long(101))
	}
	if err := j.Rewrite([]line{{Put: "last"}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Write(line{Deleted: "next"}); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, path); got != "last next" || j.Long(0) {
		t.Errorf("lines after the file was rewritten: %s, want last next", got)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestForeignLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.jsonl")
	for _, second := range []string{"{}", "x", "[]", ""} {
		if err := os.WriteFile(path, []byte(`{"Put":"a"}`+"\n"+second+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := journal.Read(path, func(line) {})
		if err == nil || !strings.Contains(err.Error(), "line 2 is not an entry of this file: to delete all local data") {
			t.Errorf("read a file with the line %q: %v", second, err)
		}
	}
	if err := journal.Read(t.TempDir(), func(line) {}); err == nil {
		t.Error("a folder was read as a file")
	}
	if _, err := journal.Create[line](t.TempDir(), nil); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if _, err := journal.Create[line](filepath.Join(path, "x"), nil); err == nil {
		t.Error("a file was created below a file")
	}
}

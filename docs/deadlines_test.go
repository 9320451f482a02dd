package docs_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDeadlines: the code of howto/deadlines.md is that of the example, which has tests of its own.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/invoices/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for _, file := range files {
		example.Write(read(t, file))
	}
	blocks := 0
	for i, block := range strings.Split(string(read(t, "howto/deadlines.md")), "```") {
		code, isGo := strings.CutPrefix(block, "go\n")
		if i%2 == 0 || !isGo {
			continue
		}
		blocks++
		if !strings.Contains(example.String(), "\n"+code) {
			t.Errorf("the example does not have this code:\n%s", code)
		}
	}
	if blocks < 5 {
		t.Errorf("the page has %d pieces of code, want 5", blocks)
	}
}

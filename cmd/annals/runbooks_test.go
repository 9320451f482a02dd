package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRunbooks: the commands in the runbooks exist.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(
			"(?:`|\\(|(?m:^ +))annals ([a-z][a-z -]*)",
		).FindAllStringSubmatch(string(text), -1) {
			found++
			cmd, _, err := newRoot(os.Getenv).Find(strings.Fields(line[1]))
			if err != nil || !cmd.Runnable() {
				t.Errorf("%s names the command annals %s: %v", page, line[1], err)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d command lines were found in the runbooks: does the test still know their form?", found)
	}
}

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var update = flag.Bool("update", false, "update docs/cli.md")

const reference = "../../docs/cli.md"

// TestReference: docs/cli.md has the current help texts.
func TestReference(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	fmt.Fprint(&b, "# The command line\n\n"+
		"`go run ./cmd/annals`, or `go install ./cmd/annals` and then `annals`. Completion: `annals completion --help`.\n"+
		"This is what `annals help` says; `go test ./cmd/annals -run TestReference -update` updates it.\n\n")
	root := newRoot(os.Getenv)
	root.InitDefaultHelpCmd()
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		anchor := func(file string) string { return "#" + strings.ReplaceAll(strings.TrimSuffix(file, ".md"), "_", "-") }
		if err := doc.GenMarkdownCustom(cmd, &b, anchor); err != nil {
			t.Fatal(err)
		}
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() {
				visit(child)
			}
		}
	}
	visit(root)
	want := strings.TrimSpace(b.String()) + "\n"
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/cli.md differs from the help texts: run go test ./cmd/annals -run TestReference -update\n%s", diff)
	}
}

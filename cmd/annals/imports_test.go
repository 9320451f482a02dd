package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestKnowsNoService: the command line links no code of a service or of its functions.
func TestKnowsNoService(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/annals-es/annals/"
	if !strings.Contains(string(out), module+"pkg/annals/annalsaws\n") {
		t.Fatal("list of go list -deps lacks the command line itself")
	}
	for path := range strings.Lines(string(out)) {
		for _, other := range []string{
			"shop", "functions", "pkg/annals/annalslambda", "pkg/annals/annalshttp", "pkg/annals/annalscdk",
		} {
			if p := strings.TrimSpace(path); p == module+other || strings.HasPrefix(p, module+other+"/") {
				t.Errorf("the command line links %s", p)
			}
		}
	}
}

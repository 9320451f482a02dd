package docs_test

import (
	"strings"
	"testing"
)

// TestAdditions: the code of howto/add-to-the-stack.md is that of the example, which a test synthesizes, and all of it.
func TestAdditions(t *testing.T) {
	t.Parallel()
	example := string(read(t, "../pkg/annals/annalscdk/additions_example_test.go"))
	functions := 0
	for i, block := range strings.Split(string(read(t, "howto/add-to-the-stack.md")), "```") {
		code, isGo := strings.CutPrefix(block, "go\n")
		if i%2 == 0 || !isGo {
			continue
		}
		functions++
		if !strings.Contains(example, "\n"+code) {
			t.Errorf("the example does not have this code:\n%s", code)
		}
	}
	if want := strings.Count(example, "\nfunc "); functions != want {
		t.Errorf("the page has %d functions, the example %d", functions, want)
	}
}

package docs_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestKeptResourcesAreDocumented: deploy.md names each resource that outlives the stack, and so is left behind by a
// deployment that fails.
func TestKeptResourcesAreDocumented(t *testing.T) {
	t.Parallel()
	var template struct {
		Resources map[string]struct{ Type, DeletionPolicy string }
	}
	if err := json.Unmarshal(read(t, "../infra/testdata/Shop.template.json"), &template); err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(read(t, "deploy.md")), "\n## When the first deployment fails\n")
	if !found {
		t.Fatal("deploy.md has no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	kept := 0
	for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
		if r := template.Resources[id]; r.DeletionPolicy == "Retain" {
			if kept++; !strings.Contains(section, "| `"+id+"`") && !strings.Contains(section, ", `"+id+"`:") {
				t.Errorf("%s (%s) is kept when the stack is deleted, but deploy.md does not name it", id, r.Type)
			}
		}
	}
	if kept < 4 {
		t.Errorf("%d resources are kept when the stack is deleted: does the test still know the form of the template?", kept)
	}
}

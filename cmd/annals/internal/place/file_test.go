package place_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/annals-es/annals/cmd/annals/internal/place"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/shop"
)

// TestFileIsDamaged: a description that no engine can be made of, or that sets what it must not, is refused.
func TestFileIsDamaged(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(annalsaws.Located{Description: annalsaws.Describe(shop.New().On())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place.File(strings.NewReader(string(text)+"\n"), "f"); err != nil {
		t.Fatal(err)
	}
	model := func(d map[string]any) map[string]any {
		return d["service"].(map[string]any)["readModels"].([]any)[0].(map[string]any)
	}
	for want, change := range map[string]func(map[string]any){
		"f is damaged: projection \"": func(d map[string]any) { model(d)["folds"] = nil },
		"f is damaged: there are two": func(d map[string]any) { model(d)["name"] = "reserve-stock" },
		"a fold version from 1": func(d map[string]any) {
			model(d)["folds"].([]any)[0].(map[string]any)["version"] = 0
		},
		"environment must not set HTTPS_PROXY": func(d map[string]any) {
			d["environment"] = map[string]any{"HTTPS_PROXY": "x"}
		},
	} {
		var d map[string]any
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		change(d)
		changed, err := json.Marshal(maps.Clone(d))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := place.File(strings.NewReader(string(changed)), "f"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read a changed description: %v, want an error with %q", err, want)
		}
	}
	if _, err := place.File(strings.NewReader(string(text)+"{}"), "f"); err == nil ||
		!strings.Contains(err.Error(), "more follows") {
		t.Error(err)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the template into testdata")

// assetHash matches the name of an uploaded file. It changes with the code of functions, which is not reviewed here.
var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// TestTemplateIsReviewed: every change of the template also changes testdata, so that a review sees it.
func TestTemplateIsReviewed(t *testing.T) {
	const golden = "testdata/Shop.template.json"
	var text bytes.Buffer
	if err := json.Indent(&text, assetHash.ReplaceAll([]byte(arm64.text), []byte("ASSET")), "", " "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reviewed, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(reviewed, text.Bytes()) {
		return
	}
	var want, got any
	if err := json.Unmarshal(reviewed, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	t.Errorf("the template differs; if the change is intended, run `go test ./infra -run TestTemplateIsReviewed "+
		"-update` (-reviewed +synthesized):\n%s", cmp.Diff(want, got))
}

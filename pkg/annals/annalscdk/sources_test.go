package annalscdk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestSources: the list names what assets are made of, not their copies.
func TestSources(t *testing.T) {
	code, out := filepath.Join(t.TempDir(), "lambda-js"), t.TempDir()
	if err := os.Mkdir(code, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(code, "index.js"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out)})
	stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
	for _, id := range []string{"A", "B"} {
		awss3assets.NewAsset(stack, jsii.String(id), &awss3assets.AssetProps{Path: jsii.String(code)})
	}
	app.Synth(nil)
	if err := writeSources(app, out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, annalsaws.SourcesFile))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(text, &got); err != nil || !slices.Equal(got, []string{code}) {
		t.Errorf("patterns of the type: %s, %v, want %s", text, err, code)
	}
	if err := writeSources(app, filepath.Join(out, "none")); err == nil {
		t.Error("a folder that does not exist is written to")
	}
}

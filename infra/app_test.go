package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"testing"
)

// The command line hands the app the context of cdk.json and settings of its own, which change a template unless the
// app overrules them.
func TestTheCommandLineChangesNothing(t *testing.T) {
	dir := wholeProject(t)
	props, _ := configure(dir, "arm64", "")
	context := *props.Context
	maps.Copy(context, map[string]any{
		"aws:cdk:enable-path-metadata":  true,
		"aws:cdk:enable-asset-metadata": true,
		"aws:cdk:version-reporting":     true,
		"aws:cdk:bundling-stacks":       []string{"**"},
	})
	contextJSON, err := json.Marshal(context)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	stderr, ok := runApp(t, dir, "CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+string(contextJSON))
	if !ok {
		t.Fatal(stderr)
	}
	same(t, "template without (-) and with (+) the command line", arm64.text, readAssembly(out).text)
}

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestWhere: the command line must name exactly one service.
func TestWhere(t *testing.T) { //nolint:paralleltest // sets the environment
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
		"AWS_SECRET_ACCESS_KEY":           "x",
		"AWS_ENDPOINT_URL_CLOUDFORMATION": "http://127.0.0.1:1",
	} {
		t.Setenv(name, value)
	}
	notJSON := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(notJSON, []byte("TableName"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := filepath.Join(t.TempDir(), "later")
	if err := os.WriteFile(later, []byte(`{"format":2,"resources":{"tables":{"events":"e"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"projections": "say where the service is: --local for the one that runs on this machine, " +
			"--stack NAME",
		"describe":                        "--file FILE for the output of `annals describe`",
		"projections --stack S":           "read the template of stack S",
		"projections --stack S --local":   "give only one of them",
		"projections --file x --local":    "give only one of them",
		"projections --file nowhere":      "nowhere: no such file",
		"projections --file " + notJSON:   "want the output of `annals describe`",
		"projections --file " + later:     "has format 2, and this program reads 1: install the version",
		"projections --file -":            "standard input has no description of a service",
		"doctor":                          "found something wrong",
		"doctor --stack S --output human": "found something wrong",
	} {
		root := newRoot(func(string) string { return "" })
		root.SetIn(strings.NewReader("{}"))
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		root.SetArgs(strings.Fields(line))
		if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("annals %s: %v, want an error with %q", line, err, want)
		}
	}
}

// TestDescribe: what `annals describe` prints is enough to work on the service, from a file and from standard input.
func TestDescribe(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	text, err := line(t, port, "describe")
	var l annalsaws.Located
	if err != nil || json.Unmarshal([]byte(text), &l) != nil || l.Service.Name != "shop" ||
		!strings.Contains(text, "\n  ") {
		t.Fatalf("annals describe: %v, printed %s; want indented JSON of the service shop", err, text)
	}
	if short, err := line(t, port, "describe", "-o", "json"); err != nil || strings.Count(short, "\n") != 1 {
		t.Errorf("annals describe -o json: %v, printed %s; want one line", err, short)
	}
	file := filepath.Join(t.TempDir(), "shop.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{file, "-"} {
		root := newRoot(func(string) string { return "" })
		var out bytes.Buffer
		root.SetIn(strings.NewReader(text))
		root.SetOut(&out)
		root.SetErr(io.Discard)
		root.SetArgs([]string{"--file", from, "state", "Order#good"})
		if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "Order#good at version 1") {
			t.Errorf("annals --file %s: %v, printed %s; want the state of Order#good", from, err, &out)
		}
	}
	delete(l.Resources.Tables, "orders")
	short, err := json.Marshal(l)
	if err != nil || os.WriteFile(file, short, 0o600) != nil {
		t.Fatal(err)
	}
	root := newRoot(func(string) string { return "" })
	root.SetArgs([]string{"--file", file, "projections"})
	if err := root.ExecuteContext(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "has no table for orders: deploy it again") {
		t.Errorf("service without a table: %v, want an error", err)
	}
}

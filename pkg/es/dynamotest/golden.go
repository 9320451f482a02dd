package dynamotest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// GoldenConfig sets the file with which a table's items are compared.
type GoldenConfig struct {
	// Name is the file's name, without folder and without .json.
	Name string
	// Update writes the file instead of comparing it. Set it from a flag of the test, -update-stored. Items in deployed
	// tables do not change: update a file only if the code can still read the old form.
	Update bool
}

// Golden compares all items of a table with testdata/stored/<name>.json. The file has them in the AWS command line's
// JSON, sorted by key. Compressed data is decompressed in it, because other versions of the compressor may give other
// bytes.
func Golden(t testing.TB, client *dynamodb.Client, table string, cfg GoldenConfig) {
	t.Helper()
	name := cfg.Name
	found, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil || len(found.LastEvaluatedKey) > 0 {
		t.Fatalf("scan table %s for golden file %s: %v; it must have less than 1 MB of items", table, name, err)
	}
	text, err := stored(found.Items)
	if err != nil {
		t.Fatalf("encode items for golden file %s: %v", name, err)
	}
	file := filepath.Join("testdata", "stored", name+".json")
	if cfg.Update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: write it with -update-stored", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("the stored form differs from %s. Deployed tables hold the form of the file: the new code must read it. "+
			"The previous version must read the new form, during a deployment and after a rollback. "+
			"See docs/format.md. (-file +stored):\n%s", file, diff)
	}
}

// stored returns items in the AWS command line's JSON, sorted by key. It works for any table of the project.
func stored(items []map[string]types.AttributeValue) ([]byte, error) {
	texts := map[string]string{}
	for _, item := range items {
		spelled, err := attributes(item)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(spelled)
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal([]any{spelled["pk"], spelled["sk"], spelled["stream"], spelled["version"], string(text)})
		if err != nil {
			return nil, err
		}
		texts[string(key)] = string(text)
	}
	var all bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if err := json.Indent(&all, []byte(texts[key]), "", "  "); err != nil {
			return nil, err
		}
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

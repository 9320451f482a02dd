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

// GoldenConfig says which file the items of a table are compared with.
type GoldenConfig struct {
	// Name is that of the file, without its folder and without .json.
	Name string
	// Update writes the file instead of comparing it. Set it from a flag of the test, -update-stored. The items that are
	// stored in tables do not change with it: update a file only if the code still reads the form before.
	Update bool
}

// Golden compares all items of a table with testdata/stored/<name>.json, which has them as the AWS command line prints
// them, by their keys. What is compressed is unpacked there: another version of the compressor may make other bytes.
func Golden(t testing.TB, client *dynamodb.Client, table string, cfg GoldenConfig) {
	t.Helper()
	name := cfg.Name
	found, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil || len(found.LastEvaluatedKey) > 0 {
		t.Fatalf("items of %s for %s: %v; there must be less than 1 MB of them", table, name, err)
	}
	text, err := stored(found.Items)
	if err != nil {
		t.Fatalf("items for %s: %v", name, err)
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
		t.Errorf("items are not stored as %s has them. Deployed tables hold that form: the new code must read it. The version "+
			"before reads the new form during a deployment and after a rollback. See docs/format.md. (-was +is):\n%s",
			file, diff)
	}
}

// stored spells items as the AWS command line does, sorted by their keys, whichever table's these are.
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

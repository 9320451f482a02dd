package dynamostore_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

var updateCosts = flag.Bool("update", false, "write the measured costs into the documentation")

// costTable is a Markdown table of costs.
type costTable struct{ rows strings.Builder }

func (c *costTable) add(operation string, u dynamotest.Usage) {
	var requests []string
	for _, name := range slices.Sorted(maps.Keys(u.Requests)) {
		requests = append(requests, fmt.Sprintf("%d %s", u.Requests[name], name))
	}
	fmt.Fprintf(&c.rows, "| %s | %s | %v | %v |\n", operation, strings.Join(requests, ", "), u.ReadUnits, u.WriteUnits)
}

// compare fails the test unless the file has this table above the comment that names the test. With -update it writes
// the table to the file.
func (c *costTable) compare(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`((?:\|.*\n)+)\n<!-- measured by ` + t.Name() + ` -->\n`).FindSubmatchIndex(text)
	if found == nil {
		t.Fatalf("%s: no table ends with <!-- measured by %s -->", file, t.Name())
	}
	begin, end := found[2], found[3]
	table := "| operation | requests | read units | write units |\n| --- | --- | ---: | ---: |\n" + c.rows.String()
	if *updateCosts {
		if err := os.WriteFile(file, slices.Concat(text[:begin], []byte(table), text[end:]), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text[begin:end]), table); diff != "" {
		t.Errorf("%s is out of date (-file +measured): run go test -run %s -update in this folder:\n%s", file, t.Name(), diff)
	}
}

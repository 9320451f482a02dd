package dynamostore_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/dynamolocal/dynamotest"
)

var update = flag.Bool("update", false, "write the measured costs into the documentation")

// Between these lines of the documentation stands the table.
const (
	tableBegins = "| operation | requests | units |\n| --- | --- | ---: |\n"
	tableEnds   = "\n<!-- measured by TestCommandCosts -->"
)

// costRow is a line of the table.
func costRow(operation string, u dynamotest.Usage) string {
	var requests []string
	for _, name := range slices.Sorted(maps.Keys(u.Requests)) {
		requests = append(requests, fmt.Sprintf("%d %s", u.Requests[name], name))
	}
	return fmt.Sprintf("| %s | %s | %v |\n", operation, strings.Join(requests, ", "), u.Units)
}

// documented compares the table in a file with what was measured.
func documented(t *testing.T, file string, rows []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	said, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table between %q and %q", file, tableBegins, tableEnds)
	}
	measured := strings.Join(rows, "")
	if *update {
		if err := os.WriteFile(file, []byte(before+tableBegins+measured+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(said, measured); diff != "" {
		t.Errorf("%s says otherwise (-said +measured); go test ./pkg/es/dynamostore -run TestCommandCosts -update writes it anew:\n%s", file, diff)
	}
}

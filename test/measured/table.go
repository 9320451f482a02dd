// Package measured keeps tables of the documentation equal to the results of tests. Start with [Compare]. A table ends
// with a line that names its test: <!-- measured by TestCommandCosts -->. The test's flag -update rewrites it.
package measured

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the results into the documentation")

// writing keeps parallel tests from writing over each other's tables.
var writing sync.Mutex

// Table is a table of a file: its rows of cells, the first of which is the header.
type Table [][]string

// String returns the table in Markdown. Columns whose header ends in a colon are aligned to the right, without the
// colon.
func (t Table) String() string {
	var b strings.Builder
	for i, row := range t {
		if i > 0 {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			continue
		}
		rules := make([]string, len(row))
		names := make([]string, len(row))
		for j, name := range row {
			rules[j] = "---"
			if strings.HasSuffix(name, ":") {
				rules[j] = "---:"
			}
			names[j] = strings.TrimSuffix(name, ":")
		}
		fmt.Fprintf(&b, "| %s |\n| %s |\n", strings.Join(names, " | "), strings.Join(rules, " | "))
	}
	return b.String()
}

// Compare fails the test if the test's table in the file differs from the measured one. With -update it writes the
// table to the file.
func Compare(t testing.TB, file string, measured Table) {
	t.Helper()
	writing.Lock()
	defer writing.Unlock()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, said, after, err := find(string(text), t.Name())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+measured.String()+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(said, measured.String()); diff != "" {
		t.Errorf("the table in %s differs from the results (-table +results): to rewrite it, run "+
			"go test -run %s -update in this folder\n%s", file, t.Name(), diff)
	}
}

// Read returns the rows of the table that a test keeps in a file, without the header.
func Read(t testing.TB, file, test string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _, err := find(string(text), test)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	lines := strings.Split(strings.TrimSpace(table), "\n")
	var rows [][]string
	for _, line := range lines[min(2, len(lines)):] {
		rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return rows
}

// find splits a text at the table of a test.
func find(text, test string) (before, table, after string, err error) {
	end := strings.Index(text, "\n<!-- measured by "+test+" -->\n")
	if end < 0 {
		return "", "", "", fmt.Errorf("no table ends with <!-- measured by %s -->", test)
	}
	begin := end
	for begin > 0 {
		line := strings.LastIndexByte(text[:begin-1], '\n') + 1
		if text[line] != '|' {
			break
		}
		begin = line
	}
	return text[:begin], text[begin:end], text[end:], nil
}

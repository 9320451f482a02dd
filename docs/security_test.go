// Package docs_test holds the documentation against the code.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	row   = regexp.MustCompile(`(?m)^\| [STRIDE] \| .*$`)
	proof = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
)

// TestSecurityReview: each threat has a test or a check in CI against it, and each test that is named is there.
func TestSecurityReview(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllString(string(text), -1)
	if len(rows) < 25 {
		t.Errorf("%d rows are read: their form has changed", len(rows))
	}
	for _, threat := range rows {
		named := proof.FindAllStringSubmatch(threat, -1)
		if len(named) == 0 && !strings.Contains(threat, "`make ") {
			t.Errorf("no test or command proves: %.100s", threat)
		}
		for _, test := range named {
			if !defined(t, filepath.Join("..", test[1]), test[2]) {
				t.Errorf("%s has no %s, which is to prove: %.100s", test[1], test[2], threat)
			}
		}
	}
}

// defined tells whether a package has a test.
func defined(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(code), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}

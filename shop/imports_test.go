// Package shop_test holds what the sample imports against what it may.
package shop_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const internal = "github.com/annals-es/annals/internal/"

// borrowed is what the sample takes of internal/, which no service outside this repository can. It may only shrink.
var borrowed = []string{
	"httpapi", "httpapi/route", "paging", "payload",
}

// TestBorrowed: the sample imports what is listed above, nothing else of internal/ and nothing less. The linter's rule
// "shop" has the same list.
func TestBorrowed(t *testing.T) {
	t.Parallel()
	imported := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "contracttest") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			pkg, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if name, ours := strings.CutPrefix(pkg, internal); ours {
				imported[name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name := range imported {
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(borrowed, got); diff != "" {
		t.Errorf("the list may only shrink: take from it what is no longer imported, and import nothing that is not in it (-list +imported):\n%s", diff)
	}
}

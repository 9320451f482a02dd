// Package shop_test tests the sample from the outside.
package shop_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPublicPackagesAlone: the sample imports only what a service outside this repository can import: public packages,
// no HTTP library, nothing of AWS. The linter's rule "shop" enforces the same.
func TestPublicPackagesAlone(t *testing.T) {
	t.Parallel()
	const annals = "github.com/annals-es/annals/"
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
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
			of, ours := strings.CutPrefix(pkg, annals)
			public := ours && (strings.HasPrefix(of, "pkg/") || strings.HasPrefix(of, "shop"))
			if ours && !public || strings.Contains(pkg, "huma") || strings.Contains(pkg, "aws") {
				t.Errorf("%s imports %s", path, pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

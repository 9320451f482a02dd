package docs_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
	"github.com/annals-es/annals/test/measured"
)

// TestRoutes: http.md has the routes as they are declared.
func TestRoutes(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"route", "scope", "what it does", "operation"}}
	for _, r := range annalsaws.Routes(shop.New().On()) {
		table = append(table, []string{"`" + r.Method + " " + r.Path + "`", "`" + r.Scope + "`", r.Summary, "`" + r.ID + "`"})
	}
	measured.Compare(t, "http.md", table)
}

var (
	problemMade  = regexp.MustCompile(`(?:newProblem\(http\.Status(\w+), |annals\.(Forbid)\()"([a-z-]+)"`)
	problemLater = regexp.MustCompile(`later\("([a-z-]+)"`)
	problemRow   = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}) \\| .+ \\|$")
	statusNamed  = map[string]int{}
)

func init() {
	for code := 100; code < 600; code++ {
		if name := strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(code)); name != "" {
			statusNamed[name] = code
		}
	}
}

// TestProblems: http.md has every code of a problem with its status, and no other.
func TestProblems(t *testing.T) {
	t.Parallel()
	want := map[string]int{}
	edge, err := filepath.Glob("../pkg/annals/annalshttp/*.go")
	if err != nil {
		t.Fatal(err)
	}
	shop, err := filepath.Glob("../shop/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(edge, shop...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		code := string(read(t, file))
		for _, made := range problemMade.FindAllStringSubmatch(code, -1) {
			status, known := http.StatusForbidden, true
			if made[2] != "Forbid" {
				status, known = statusNamed[made[1]]
			}
			if !known {
				t.Errorf("%s: the status of %s is not known here", file, made[3])
			}
			want[made[3]] = status
		}
		for _, made := range problemLater.FindAllStringSubmatch(code, -1) {
			want[made[1]] = http.StatusServiceUnavailable
		}
	}
	for _, code := range slices.Concat(rule.Common, account.Codes, email.Codes, order.Codes, product.Codes) {
		want[string(code)] = http.StatusUnprocessableEntity
	}
	if len(want) < 40 {
		t.Errorf("%d codes were found: does the test still know the form of the code?", len(want))
	}
	said := map[string]int{}
	for _, row := range problemRow.FindAllStringSubmatch(string(read(t, "http.md")), -1) {
		said[row[1]], _ = strconv.Atoi(row[2])
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("http.md has other problems (-code +page):\n%s", d)
	}
}

package scaffold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/scaffold"
)

// project is this one. It may have new aggregates by now, called anything but what the tests call theirs.
const project = "../.."

func TestNamesOf(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		"Invoice":  "Invoices invoice invoice invoices an invoice, invoices /invoices",
		"GiftCard": "GiftCards giftcard giftCard giftCards a gift card, gift cards /gift-cards",
		"Category": "Categories category category categories a category, categories /categories",
		"Day":      "Days day day days a day, days /days",
		"Box":      "Boxes box box boxes a box, boxes /boxes",
		"Level2":   "Level2s level2 level2 level2s a level2, level2s /level2s",
	} {
		n, err := scaffold.NamesOf(typ, "")
		got := strings.Join([]string{n.Types, n.Package, n.Var, n.Vars, n.A, n.Words + ",", n.Many, "/" + n.Kebabs}, " ")
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", typ, got, err, want)
		}
	}
	if n, err := scaffold.NamesOf("Person", "People"); err != nil || n.Types != "People" || n.Kebabs != "people" {
		t.Errorf("%+v, %v", n, err)
	}
	for _, bad := range [][2]string{
		{"invoice", ""}, {"Gift-Card", ""}, {"Gift Card", ""}, {"../X", ""}, {"", ""}, {"SKU", ""}, {"Facture", "factures"}, {"Rechnüng", ""},
		{"Func", ""}, {"Type", ""}, {"Internal", ""}, {"Sheep", "Sheep"},
	} {
		if n, err := scaffold.NamesOf(bad[0], bad[1]); err == nil {
			t.Errorf("%q is taken: %+v", bad, n)
		}
	}
}

// plan plans an aggregate in a project, or returns why not.
func plan(t *testing.T, root, typ string) (*scaffold.Plan, error) {
	t.Helper()
	names, err := scaffold.NamesOf(typ, "")
	if err != nil {
		t.Fatal(err)
	}
	return scaffold.New(root, names)
}

// TestPlan: all places are in this project, and what comes out is Go. (.ci/scaffold builds and runs it.)
func TestPlan(t *testing.T) {
	t.Parallel()
	p, err := plan(t, project, "Zeppelin")
	if err != nil {
		t.Fatal(err)
	}
	created, changed := p.Files()
	if len(created) != 14 || len(changed) != 10 {
		t.Errorf("new %q, changed %q", created, changed)
	}
	for file, text := range p.Create {
		if strings.Contains(string(text), "{{") || strings.Contains(string(text), "<no value>") {
			t.Errorf("%s is not filled in", file)
		}
		if _, err := os.Stat(filepath.Join(project, file)); err == nil {
			t.Errorf("%s was written, or is no new file", file)
		}
	}
}

// small is a folder with what the plan reads of this project.
func small(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	p, err := plan(t, project, "Zeppelin")
	if err != nil {
		t.Fatal(err)
	}
	_, changed := p.Files()
	for _, file := range append(changed, "go.mod") {
		text, err := os.ReadFile(filepath.Join(project, file))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestRefused: what can't be, says why, and has written nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	edit := func(file, old, text string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			t.Helper()
			path := filepath.Join(root, file)
			before, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(before), old) {
				t.Fatal(err, "no", old)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(before), old, text, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		change func(*testing.T, string)
		want   string
	}{
		"nowhere": {func(t *testing.T, root string) {
			t.Helper()
			if err := os.Remove(filepath.Join(root, "go.mod")); err != nil {
				t.Fatal(err)
			}
		}, "no clone of the project"},
		"a place is gone":  {edit("internal/app/service.go", "//annals:new snapshotters", ""), `service.go has the comment "annals:new snapshotters" 0 times`},
		"a place is twice": {edit("shop/api/query.go", "//annals:new queries", "//annals:new queries\n//annals:new queries"), "2 times"},
		"a file is gone": {func(t *testing.T, root string) {
			t.Helper()
			if err := os.Remove(filepath.Join(root, "shop/readmodel/models.go")); err != nil {
				t.Fatal(err)
			}
		}, "lacks a file"},
		"it is there": {func(t *testing.T, root string) {
			t.Helper()
			p, err := plan(t, root, "Zeppelin")
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Write(); err != nil {
				t.Fatal(err)
			}
		}, "is there already: choose another name"},
		"it is half there": {edit("shop/api/api.go", "//annals:new commands", "a.zeppelinCommands(all.Zeppelins)\n\t//annals:new commands"), "has that already"},
		"it was no Go":     {edit("shop/api/api.go", "func Commands(", "func Commands(("), "would not be Go"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := small(t)
			test.change(t, root)
			if _, err := plan(t, root, "Zeppelin"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestTaken: a name that means something else already where it would be declared.
func TestTaken(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{"Page": "list.go declares Page already", "Docs": "", "Inventory": "inventory.go is there already", "Statement": "movement.go declares Session.Statement already"} {
		if _, err := plan(t, project, typ); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", typ, err, want)
		}
	}
}

// TestTwo: one aggregate after the other.
func TestTwo(t *testing.T) {
	t.Parallel()
	root := small(t)
	for _, typ := range []string{"Zeppelin", "RubberBoat"} {
		p, err := plan(t, root, typ)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Write(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "shop/api/api.go"))
	if err != nil || !strings.Contains(string(text), "\ta.zeppelinCommands(all.Zeppelins)\n\ta.rubberBoatCommands(all.RubberBoats)\n\t//annals:new commands\n") {
		t.Errorf("%v:\n%s", err, text)
	}
}

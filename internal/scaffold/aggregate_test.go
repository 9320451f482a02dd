package scaffold_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/scaffold"
)

// project is this one. It may have new aggregates by now, called anything but what the tests call theirs.
const project = "../.."

// plan plans an aggregate in a project, or returns why not.
func plan(t *testing.T, root, typ string) (*scaffold.Plan, error) {
	t.Helper()
	names, err := scaffold.AggregateNamesOf(typ, "")
	if err != nil {
		t.Fatal(err)
	}
	return scaffold.NewAggregate(root, names)
}

// TestPlan: the declaration of this project takes a line, and what comes out is Go. (.ci/scaffold builds and runs it.)
func TestPlan(t *testing.T) {
	t.Parallel()
	p, err := plan(t, project, "Zeppelin")
	if err != nil {
		t.Fatal(err)
	}
	created, changed := p.Files()
	if len(created) != 13 || !slices.Equal(changed, []string{"shop/service.go"}) {
		t.Errorf("new %q, changed %q", created, changed)
	}
	for file, text := range p.Create {
		if strings.Contains(string(text), "{{") || strings.Contains(string(text), "<no value>") {
			t.Errorf("%s is not filled in", file)
		}
		if !strings.HasPrefix(file, "shop/zeppelin/") {
			t.Errorf("%s is in another folder", file)
		}
	}
}

// module is a folder with a module that declares a service.
func module(t *testing.T, service string) string {
	t.Helper()
	root := t.TempDir()
	for file, text := range map[string]string{
		"go.mod": "module example.org/permits\n", "service.go": service,
		"service_test.go": "package permits\n\n" +
			"import \"github.com/annals-es/annals/pkg/annals\"\n\nvar _ = annals.New(\"other\", nil)\n",
	} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const declared = `package permits

import (
	"github.com/annals-es/annals/pkg/annals"
)

// New returns the declaration.
func New() *annals.Service {
	return annals.New("permits",
		annals.AuditTrail("GET /streams/{type}/{id}"), // the last one
	)
}
`

// TestTwo: one aggregate after the other, in a module of its own, whose declaration stays as it was otherwise.
func TestTwo(t *testing.T) {
	t.Parallel()
	for _, service := range []string{
		declared,
		strings.Replace(declared, "\n\t\tannals.AuditTrail(\"GET /streams/{type}/{id}\"), // the last one\n\t)",
			" annals.AuditTrail(\"GET /streams/{type}/{id}\"))", 1),
		strings.Replace(declared, "(\n\t\"github.com/annals-es/annals/pkg/annals\"\n)",
			"\"github.com/annals-es/annals/pkg/annals\"", 1),
		strings.ReplaceAll(strings.Replace(declared, "\t\"github", "\tkit \"github", 1), "annals.New(", "kit.New("),
		strings.Replace(declared, ", // the last one\n\t)", " /* one, two */)", 1),
	} {
		root := module(t, service)
		if err := os.WriteFile(filepath.Join(root, "old.go"), []byte("//go:build ignore\n\n"+declared), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, typ := range []string{"Zeppelin", "RubberBoat"} {
			p, err := plan(t, root, typ)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Write(); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(filepath.Join(root, "service.go"))
		for _, want := range []string{
			"\"example.org/permits/zeppelin\"\n", "\"example.org/permits/rubberboat\"\n",
			"\t\tzeppelin.Parts(),\n\t\trubberboat.Parts(),\n\t)\n",
			"AuditTrail(\"GET /streams/{type}/{id}\"),",
		} {
			if err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%v: want %q in\n%s", err, want, text)
			}
		}
	}
}

// TestRefused: what can't be, says why, and has written nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ service, want string }{
		"no declaration":   {"package permits\n", "is called in 0 files of module example.org/permits: call it once"},
		"two declarations": {declared + "\nvar other = annals.New(\"x\", nil)\n", "calls annals.New 2 times"},
		"no Go":            {strings.Replace(declared, "func New(", "func New((", 1), "is not valid Go"},
		"spread": {strings.Replace(declared, "AuditTrail(\"GET /streams/{type}/{id}\"), // the last one", "Parts()...,", 1),
			"calls annals.New with a slice (...)"},
		"imported": {strings.Replace(declared, "annals\"\n", "annals\"\n\t\"example.org/permits/zeppelin\"\n", 1),
			"already imports example.org/permits/zeppelin"},
	} {
		if _, err := plan(t, module(t, test.service), "Zeppelin"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	root := module(t, declared)
	if err := os.Mkdir(filepath.Join(root, "zeppelin"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := plan(t, root, "Zeppelin")
	if err == nil || !strings.Contains(err.Error(), "zeppelin already exists: choose another name") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	if _, err := plan(t, root, "Zeppelin"); err == nil || !strings.Contains(err.Error(), "has no go.mod with a module") {
		t.Error(err)
	}
}

// TestModules: a go.mod names its module in each form that the go command takes.
func TestModules(t *testing.T) {
	t.Parallel()
	for _, mod := range []string{
		"module example.org/permits\r\n\r\ngo 1.26.0\r\n", "// Permits.\nmodule example.org/permits // ours\n",
		"module \"example.org/permits\"\n", "module\texample.org/permits", "module `example.org/permits` //x\n",
	} {
		root := module(t, declared)
		if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(mod), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := plan(t, root, "Zeppelin"); err != nil || p.Module != "example.org/permits" {
			t.Errorf("%q: %+v, %v", mod, p, err)
		}
	}
}

// TestHalfWritten: if the declaration can't be replaced, the new files are gone, so the command can be repeated.
func TestHalfWritten(t *testing.T) {
	t.Parallel()
	root := module(t, declared)
	p, err := plan(t, root, "Zeppelin")
	if err != nil {
		t.Fatal(err)
	}
	service := filepath.Join(root, "service.go")
	if err := os.Rename(service, service+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(service, 0o700); err != nil { // a folder can't be written
		t.Fatal(err)
	}
	if err := p.Write(); err == nil || !strings.Contains(err.Error(), "service.go") {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "zeppelin")); !os.IsNotExist(err) {
		t.Errorf("the new folder is left: %v", err)
	}
}

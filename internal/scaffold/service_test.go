package scaffold_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/scaffold"
)

func permits(t *testing.T) scaffold.Service {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "permits")
	return scaffold.Service{Name: "permits", Module: "example.org/permits", Dir: dir, Replace: project}
}

func TestNewService(t *testing.T) {
	t.Parallel()
	p, err := scaffold.NewService(permits(t))
	if err != nil {
		t.Fatal(err)
	}
	created, changed := p.Files()
	for _, want := range []string{
		".github/workflows/ci.yml", ".gitignore", "Makefile", "README.md", "cdk.json", "functions/reactor/main.go",
		"go.mod", "go.sum",
		"infra/main.go", "infra/stages.json", "permit/decide.go", "permit/testdata/golden/PermitCreated.v1.json",
		"service.go", "service_test.go",
	} {
		if !slices.Contains(created, want) {
			t.Errorf("%s is missing: %q", want, created)
		}
	}
	if len(changed) != 0 {
		t.Errorf("changed %q", changed)
	}
	for file, text := range p.Create {
		for _, bad := range []string{"{{", "<no value>", "%!"} {
			if bytes.Contains(text, []byte(bad)) {
				t.Errorf("%s has %q", file, bad)
			}
		}
	}
	whole, _ := filepath.Abs(project)
	for file, want := range map[string]string{
		"go.mod": "module example.org/permits\n\ngo 1.26.0\n\ntool github.com/annals-es/annals/cmd/annals\n\n" +
			"require github.com/annals-es/annals v0.0.0\n\nreplace github.com/annals-es/annals => " + whole + "\n",
		"functions/query/main.go": "annalslambda.Query(permits.New())",
		"README.md":               "The stack is Permits.",
		"service.go":              `annals.CreateTx("POST /permits", permit.Aggregate, permit.CreateFor,`,
	} {
		if !strings.Contains(string(p.Create[file]), want) {
			t.Errorf("%s lacks %q:\n%s", file, want, p.Create[file])
		}
	}
}

// TestSameAsHere: what new modules have of this one's is what this one has.
func TestSameAsHere(t *testing.T) {
	t.Parallel()
	p, err := scaffold.NewService(permits(t))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"go.mod": "\ngo 1.26.0\n", "Makefile": "aws-cdk@2.1148.1\n"} {
		here, err := os.ReadFile(filepath.Join(project, file))
		if err != nil || !strings.Contains(string(here), want) || !strings.Contains(string(p.Create[file]), want) {
			t.Errorf("%s here and in new modules: want %q in both, %v", file, want, err)
		}
	}
	for _, file := range []string{"cdk.json", "infra/stages.json"} {
		here, err := os.ReadFile(filepath.Join(project, file))
		if err != nil || !bytes.Equal(here, p.Create[file]) {
			t.Errorf("%s is another one in new modules (internal/scaffold/templates/service): %v", file, err)
		}
	}
	functions, err := filepath.Glob(filepath.Join(project, "functions/*/main.go"))
	if err != nil || len(functions) == 0 {
		t.Fatal(functions, err)
	}
	for _, file := range functions {
		name := filepath.Base(filepath.Dir(file))
		if p.Create["functions/"+name+"/main.go"] == nil {
			t.Errorf("new modules lack the function %s", name)
		}
	}
}

// TestNamesOfServices: what a service is called decides what its aggregate is called.
func TestNamesOfServices(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"permits": "Permit", "wallet": "Wallet", "support-tickets": "SupportTicket", "categories": "Category", "boxes": "Box",
		"bus":       "Bus",
		"addresses": "Address", "branches": "Branch", "sizes": "Size", "shop2": "Shop2",
	} {
		s := permits(t)
		s.Name = name
		p, err := scaffold.NewService(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file := filepath.Join(strings.ToLower(want), "testdata/golden", want+"Created.v1.json"); p.Create[file] == nil {
			files, _ := p.Files()
			t.Errorf("%s: no %s in %q", name, file, files)
		}
	}
}

func TestNoService(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*scaffold.Service)
		want   string
	}{
		"capitals":     {func(s *scaffold.Service) { s.Name = "Permits" }, `"Permits" is not a valid name for a service`},
		"a space":      {func(s *scaffold.Service) { s.Name = "my permits" }, "is not a valid name for a service"},
		"a slash":      {func(s *scaffold.Service) { s.Name = "../permits" }, "is not a valid name for a service"},
		"no name":      {func(s *scaffold.Service) { s.Name = "" }, "is not a valid name for a service"},
		"a digit":      {func(s *scaffold.Service) { s.Name = "2permits" }, "is not a valid name for a service"},
		"long":         {func(s *scaffold.Service) { s.Name = strings.Repeat("permit", 7) }, "at most 40 characters"},
		"a keyword":    {func(s *scaffold.Service) { s.Name = "func" }, "which is reserved"},
		"a package":    {func(s *scaffold.Service) { s.Name = "annals" }, "which is reserved"},
		"AWS's":        {func(s *scaffold.Service) { s.Name = "awsome-shop" }, `would contain "aws"`},
		"across words": {func(s *scaffold.Service) { s.Name = "a-ws" }, `would contain "aws"`},
		"an import":    {func(s *scaffold.Service) { s.Name = "event-bus" }, "functions/reactor/main.go would not compile: eventbus redeclared"},
		"predeclared":  {func(s *scaffold.Service) { s.Name = "errors" }, "is not a type: choose another name"},
		"no domain":    {func(s *scaffold.Service) { s.Module = "permits" }, "such as example.org/permits"},
		"an URL":       {func(s *scaffold.Service) { s.Module = "https://example.org/permits" }, "is not a module path"},
		"aggregate":    {func(s *scaffold.Service) { s.Aggregate = "my permit" }, "aggregate: the name"},
		"no version":   {func(s *scaffold.Service) { s.Replace, s.Version = "", "(devel)" }, "--replace PATH"},
		"replaced":     {func(s *scaffold.Service) { s.Replace, s.Version = "", "v0.0.0" }, "--replace PATH"},
		"no checkout":  {func(s *scaffold.Service) { s.Replace = "testdata" }, "is not a checkout of Annals"},
		"other module": {func(s *scaffold.Service) { s.Replace = filepath.Join(project, "tools") }, "not a checkout of Annals"},
		"not empty": {func(s *scaffold.Service) {
			s.Dir = filepath.Dir(s.Dir)
			_ = os.WriteFile(filepath.Join(s.Dir, "notes.txt"), nil, 0o600)
		}, "is not empty: choose another with --dir"},
		"a file": {func(s *scaffold.Service) { _ = os.WriteFile(s.Dir, nil, 0o600) }, "not a directory"},
	} {
		s := permits(t)
		test.change(&s)
		if _, err := scaffold.NewService(s); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	s := permits(t)
	s.Replace, s.Version = "", "v1.2.3"
	p, err := scaffold.NewService(s)
	if err != nil {
		t.Fatal(err)
	}
	if mod := string(p.Create["go.mod"]); !strings.Contains(mod, "annals v1.2.3\n") || strings.Contains(mod, "replace") {
		t.Errorf("published:\n%s", mod)
	}
}

// written writes a service, and returns its folder.
func written(t *testing.T) string {
	t.Helper()
	s := permits(t)
	p, err := scaffold.NewService(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(); err != nil {
		t.Fatal(err)
	}
	return s.Dir
}

// TestGenerated: what is written compiles, and its tests pass. (.ci/scaffold runs them for other names, and the
// stack.)
func TestGenerated(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compiles a module")
	}
	root := written(t)
	for _, part := range parts {
		p, err := part.plan(root)
		if err == nil {
			err = p.Write()
		}
		if err != nil {
			t.Fatalf("%s: %v", part.name, err)
		}
	}
	if err := scaffold.Tidy(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"vet", ".", "./permit", "./giftcard", "./functions/..."},
		{"test", ".", "./permit", "./giftcard"},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

// TestTidyFails: without the modules, what is missing is said.
func TestTidyFails(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOMODCACHE", t.TempDir())
	err := scaffold.Tidy(t.Context(), written(t))
	if err == nil || !strings.HasPrefix(err.Error(), "go mod tidy") || !strings.Contains(err.Error(), "GOPROXY=off") {
		t.Errorf("error is %v", err)
	}
}

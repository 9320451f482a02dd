package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Annals is the path of Annals's module.
const Annals = "github.com/annals-es/annals"

// The versions in new modules: of Go, and of the CDK command line.
const (
	goVersion  = "1.26.0"
	cdkVersion = "2.1148.1"
)

// Service describes the service to write.
type Service struct {
	// Name is the service's name, in kebab case. Its stack has the same name in capitalized words.
	Name string
	// Module is the path of the new module.
	Module string
	// Dir is the folder for the module. It is created if it does not exist.
	Dir string
	// Aggregate and Plural are the aggregate's name and its plural. If empty, they derive from the service's name, by
	// English rules.
	Aggregate, Plural string
	// Version is the version of Annals that the module requires. Replace is the folder of a checkout of Annals to use
	// instead.
	Version, Replace string
}

// service holds the values for the templates of a service.
type service struct {
	aggregate
	Name, Module, Root, Stack string
	Go, CDK, Version, Replace string
}

var modulePath = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*)*$`)

// NewService plans a module with a service of one aggregate. It writes nothing: see [Plan.Write].
//
// Errors: one that says which names and paths are valid; a folder that is not empty; neither a version of Annals nor a
// checkout.
func NewService(s Service) (*Plan, error) {
	v, err := s.values()
	if err != nil {
		return nil, err
	}
	if err := empty(s.Dir); err != nil {
		return nil, err
	}
	p := &Plan{Root: s.Dir, Module: s.Module, Create: map[string][]byte{}}
	if v.Replace, err = replacement(s.Replace, p); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		templates, dir string
		where          func(string) string
	}{
		{"service", ".", fileOfService},
		{"aggregate", v.Package, func(template string) string {
			if template == "parts.go.tmpl" || template == "service_test.go.tmpl" { // the declaration and its test have them
				return ""
			}
			return fileOfAggregate(template)
		}},
		{"aggregate", ".", func(template string) string {
			if template == "service_test.go.tmpl" {
				return template
			}
			return ""
		}},
	} {
		files, err := render(part.templates, part.dir, v, part.where)
		if err != nil {
			return nil, err
		}
		maps.Copy(p.Create, files)
	}
	return p, p.check()
}

// Check returns an error if a name is not valid.
func (s Service) Check() error {
	_, err := s.values()
	return err
}

func (s Service) values() (*service, error) {
	if !kebab.MatchString(s.Name) || len(s.Name) > maxName {
		return nil, fmt.Errorf("%q is not a valid name for a service: use words of lower-case letters and digits, separated by hyphens, "+
			"such as parking-permits, with at most %d characters", s.Name, maxName)
	}
	root := strings.ReplaceAll(s.Name, "-", "")
	for _, word := range []string{"aws", "amazon", "cognito"} {
		if strings.Contains(root, word) {
			return nil, fmt.Errorf("%q can't name a service: the domain of its Cognito user pool would contain %q, "+
				"which Cognito refuses: choose another name", s.Name, word)
		}
	}
	if err := packageName(root, s.Name); err != nil {
		return nil, err
	}
	if !modulePath.MatchString(s.Module) {
		return nil, fmt.Errorf("%q is not a module path: it must begin with a domain, such as example.org/%s", s.Module, s.Name)
	}
	if s.Replace == "" && (!published.MatchString(s.Version) || s.Version == replaced) {
		return nil, fmt.Errorf("this annals was built from a checkout (its version is %q): "+
			"name the folder of the checkout with --replace PATH", s.Version)
	}
	of := s.Aggregate
	if of == "" {
		of = singularOf(s.Name)
	}
	names, err := AggregateNamesOf(of, s.Plural)
	if err != nil {
		return nil, fmt.Errorf("aggregate: %w", err)
	}
	stack, err := typeOf(s.Name)
	if err != nil {
		return nil, err
	}
	names.Annals, names.Import = Annals, path.Join(s.Module, names.Package)
	v := &service{
		aggregate: aggregate{
			Names: names, Q: names.Package + ".",
			TestPackage: root, TestImport: s.Module, Service: root + ".New()", Scope: s.Name,
		},
		Name: s.Name, Module: s.Module, Root: root, Stack: stack, Go: goVersion, CDK: cdkVersion, Version: s.Version,
	}
	if s.Replace != "" {
		v.Version = replaced
	}
	return v, nil
}

// replaced is the version in go.mod of a module that uses a checkout of Annals.
const replaced = "v0.0.0"

// published matches versions that a module proxy may have.
var published = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// fileOfService returns the path of a service's file, from the path of its template.
func fileOfService(template string) string {
	switch template {
	case "gitignore":
		return ".gitignore"
	case "ci.yml.tmpl":
		return ".github/workflows/" + template
	}
	return template
}

// empty returns an error if a folder is not empty.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("write the service to %s: %w", dir, err)
	case len(entries) > 0:
		return fmt.Errorf("the folder %s is not empty: choose another with --dir, or another name", dir)
	}
	return nil
}

// replacement returns the path of a checkout of Annals for go.mod. It adds the checkout's checksums to the plan, so
// that no checksum database is needed.
func replacement(checkout string, p *Plan) (string, error) {
	if checkout == "" {
		return "", nil
	}
	whole, err := filepath.Abs(checkout)
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(whole, "go.mod"))
	if found := modulePattern.FindSubmatch(mod); err != nil || found == nil || string(found[1]) != Annals {
		return "", fmt.Errorf("--replace %s: the folder is not a checkout of Annals: its go.mod must have module %s",
			checkout, Annals)
	}
	sums, err := os.ReadFile(filepath.Join(whole, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("--replace %s: %w", checkout, err)
	}
	p.Create["go.sum"] = sums
	if strings.ContainsAny(whole, " \t\"'`()[]{},") {
		whole = strconv.Quote(whole)
	}
	return whole, nil
}

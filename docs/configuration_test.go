package docs_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/test/measured"
)

// secrets says what the shop's secrets are.
var secrets = map[string]string{email.KeyEnv: "key under which e-mail addresses are reserved; it must never change"}

// TestFunctionVariables: configuration.md has what the template tells the functions.
func TestFunctionVariables(t *testing.T) {
	t.Parallel()
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Environment struct{ Variables map[string]any }
			}
		}
	}
	if err := json.Unmarshal(read(t, "../infra/testdata/Shop.template.json"), &template); err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{}
	for id, resource := range template.Resources {
		if resource.Type != "AWS::Lambda::Function" {
			continue
		}
		for name := range resource.Properties.Environment.Variables {
			told[name] = append(told[name], "`"+strings.ToLower(strings.TrimSuffix(id, "Function"))+"`")
		}
	}
	meaning := map[string]string{}
	for _, table := range annalsaws.Tables(shop.New().On()) {
		meaning[table.Env()] = "name of the table `" + table.Name + "` on DynamoDB"
	}
	for _, v := range annalsaws.Variables {
		meaning[v.Name] = v.Holds
	}
	for _, secret := range shop.New().Secrets {
		meaning[secret.Env] = secrets[secret.Env]
	}
	for _, setting := range shop.New().Settings {
		meaning[setting.Env()] = "the setting `" + setting.Name + "`"
	}
	page := measured.Table{{"variable", "functions", "what it is"}}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		says := meaning[name]
		if says == "" {
			t.Errorf("%s is not explained", name)
		}
		slices.Sort(told[name])
		page = append(page, []string{"`" + name + "`", strings.Join(told[name], ", "), says})
	}
	measured.Compare(t, "configuration.md", page)
}

// TestSettings: configuration.md names every setting that the code reads or the shop declares, in the section where
// it belongs, and names no other in the tables of the settings and of make.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section, files string
		read           *regexp.Regexp
		least          int
	}{
		{"Settings", "../pkg/annals/annalscdk/*.go ../infra/main.go", regexp.MustCompile(
			`(?:texts?|truth)\((?:context|&asked\{values: context\}), "(\w+)"|"([a-zA-Z]+)": +&\w|Name: "(\w+)"`,
		), 20},
		{"Synthesis", "../pkg/annals/annalscdk/*.go", regexp.MustCompile(`"(ANNALS_[A-Z]+|CDK_[A-Z_]+)"`), 3},
		{"The local runner", "../local/runner/config.go", regexp.MustCompile(`getenv\("([A-Z_]+)"\)`), 5},
		{"make", "../Makefile", regexp.MustCompile(`(?m)^([A-Z_]+) \?=|\$\(if \$\(([A-Z]+)\)`), 12},
	} {
		t.Run(c.section, func(t *testing.T) {
			t.Parallel()
			said := names(t, c.section)
			found := map[string]bool{}
			var files []string
			for pattern := range strings.FieldsSeq(c.files) {
				some, err := filepath.Glob(pattern)
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, some...)
			}
			for _, file := range files {
				if strings.HasSuffix(file, "_test.go") {
					continue
				}
				for _, match := range c.read.FindAllStringSubmatch(string(read(t, file)), -1) {
					found[strings.Join(match[1:], "")] = true
				}
			}
			if c.section == "Settings" {
				for _, declared := range shop.New().Settings {
					found[declared.Name] = true
				}
			}
			if len(found) < c.least {
				t.Errorf("%d settings were found: does the test still know the form of the code?", len(found))
			}
			for name := range found {
				if !said[name] {
					t.Errorf("%s is not in the table", name)
				}
			}
			for name := range said {
				if !found[name] && c.section != "make" { // the runner's are there too
					t.Errorf("%s is in the table, but no code reads it", name)
				}
			}
		})
	}
}

// names are what the first cells of a section's table name.
func names(t *testing.T, section string) map[string]bool {
	t.Helper()
	_, text, found := strings.Cut(string(read(t, "configuration.md")), "\n## "+section+"\n")
	if !found {
		t.Fatalf("configuration.md has no section %s", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	said := map[string]bool{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, name := range regexp.MustCompile("`([A-Za-z_]+)(?:=[^`]*)?`").FindAllStringSubmatch(cells[1], -1) {
			said[name[1]] = true
		}
	}
	return said
}

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// extract is one part of the template as sorted lines of text: "key: value".
type extract struct {
	file  string
	lines func(assembly) map[string]string
	// meaning returns what a changed line does to a deployed stack. The old value is "" if the line is new, the new
	// value is "" if the line was removed.
	meaning func(was, is string) string
}

// extracts are the parts for reviews of moved code. Each has a file in testdata.
var extracts = []extract{
	{"resources.txt", resourceLines, resourceMeaning},
	{"tables.txt", tableLines, tableMeaning},
	{"routes.txt", routeLines, routeMeaning},
	{"roles.txt", roleLines, roleMeaning},
}

// TestExtractsAreReviewed: the effect of a change on a deployed stack shows in the change's diff, one line each.
func TestExtractsAreReviewed(t *testing.T) {
	for _, e := range extracts {
		t.Run(e.file, func(t *testing.T) {
			golden := filepath.Join("testdata", e.file)
			now := e.lines(arm64)
			if *update {
				if err := os.WriteFile(golden, []byte(written(now)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			reviewed, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: write it with `go test ./infra -run TestExtractsAreReviewed -update`", err)
			}
			was, err := parsed(string(reviewed))
			if err != nil {
				t.Fatalf("parse %s: %v", golden, err)
			}
			if changes := e.changes(was, now); len(changes) > 0 {
				t.Errorf("%s: the template differs; if the change is intended, `go test ./infra -run TestExtractsAreReviewed "+
					"-update` (-reviewed +synthesized):\n%s", golden, strings.Join(changes, "\n"))
			}
			if len(was) < 10 {
				t.Errorf("%s has %d lines: the test does not read the template correctly", golden, len(was))
			}
		})
	}
}

// changes returns the lines that differ, and what each difference means.
func (e extract) changes(was, now map[string]string) []string {
	all := maps.Clone(was)
	maps.Copy(all, now)
	var changes []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		before, after := was[key], now[key]
		if before == after {
			continue
		}
		var text strings.Builder
		if before != "" {
			fmt.Fprintf(&text, "- %s: %s\n", key, before)
		}
		if after != "" {
			fmt.Fprintf(&text, "+ %s: %s\n", key, after)
		}
		changes = append(changes, text.String()+"  "+e.meaning(before, after))
	}
	return changes
}

func written(lines map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&text, "%s: %s\n", key, lines[key])
	}
	return text.String()
}

func parsed(text string) (map[string]string, error) {
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if _, twice := lines[key]; !ok || value == "" || twice {
			return nil, fmt.Errorf("%q: want \"key: value\", each key once", line)
		}
		lines[key] = value
	}
	return lines, nil
}

// spell writes a value in the form of CloudFormation's Fn::Sub: ${EventsTable.Arn}, arn:${AWS::Partition}:….
func spell(value any) string {
	of, ok := value.(object)
	if !ok {
		return fmt.Sprint(value)
	}
	if name, ok := of["Ref"]; ok {
		return fmt.Sprintf("${%s}", name)
	}
	if att, ok := of["Fn::GetAtt"].(list); ok {
		return fmt.Sprintf("${%s.%s}", att...)
	}
	if join, ok := of["Fn::Join"].(list); ok {
		var parts []string
		for _, part := range join[1].(list) {
			parts = append(parts, spell(part))
		}
		return strings.Join(parts, join[0].(string))
	}
	return fmt.Sprint(value)
}

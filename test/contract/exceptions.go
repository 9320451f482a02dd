package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// exception explains findings of one check with one status, and with bodies that match a pattern.
type exception struct {
	Check  string
	Status int
	Body   string // a regular expression for the body
	Reason string

	body *regexp.Regexp
}

func readExceptions(path string) ([]exception, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []exception
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for i, e := range all {
		if e.Check == "" || e.Status == 0 || e.Body == "" || e.Reason == "" {
			return nil, fmt.Errorf("read %s: exception %d needs a check, a status, a body and a reason", path, i+1)
		}
		if all[i].body, err = regexp.Compile(e.Body); err != nil {
			return nil, fmt.Errorf("read %s: exception %d: %w", path, i+1, err)
		}
	}
	return all, nil
}

func (e exception) explains(f finding) bool {
	return e.Check == f.check && e.Status == f.status && e.body.MatchString(f.body)
}

// maxShown is how many unexplained findings of a check are shown.
const maxShown = 5

// explain counts the findings that an exception explains.
//
// Errors: a finding that no exception explains; an exception that explains no finding.
func explain(findings []finding, exceptions []exception) (explained int, err error) {
	used := make([]bool, len(exceptions))
	shown := map[string]int{}
	var wrong []error
next:
	for _, f := range findings {
		for i, e := range exceptions {
			if e.explains(f) {
				used[i] = true
				explained++
				continue next
			}
		}
		if shown[f.check]++; shown[f.check] <= maxShown {
			wrong = append(wrong, fmt.Errorf("%s of %s, status %d: %s\n  %.400s", f.check, f.operation, f.status,
				strings.ReplaceAll(f.says, "\n", "\n  "), f.body))
		}
	}
	for check, n := range shown {
		if n > maxShown {
			wrong = append(wrong, fmt.Errorf("%s: %d more findings", check, n-maxShown))
		}
	}
	for i, e := range exceptions {
		if !used[i] {
			wrong = append(wrong, fmt.Errorf("exceptions.json: exception %d (%s, %d, %s) explains no finding: remove it",
				i+1, e.Check, e.Status, e.Body))
		}
	}
	return explained, errors.Join(wrong...)
}

func compare(a, b finding) int {
	return cmp.Or(cmp.Compare(a.check, b.check), cmp.Compare(a.operation, b.operation), cmp.Compare(a.status, b.status),
		cmp.Compare(a.body, b.body))
}

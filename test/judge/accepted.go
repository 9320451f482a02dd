package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

// finding is a judge's finding about a resource of the template.
type finding struct{ judge, rule, resource, message string }

// acceptance is a rule that some resources may break, with the reason.
type acceptance struct {
	Judge     string   `json:"judge"`
	Rule      string   `json:"rule"`
	Reason    string   `json:"reason"`
	Resources []string `json:"resources"`
}

type acceptances []acceptance

// readAccepted reads the accepted findings.
//
// Errors: an entry that is incomplete, or that names a resource twice.
func readAccepted(file string) (acceptances, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list acceptances
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	seen := map[finding]bool{}
	for _, a := range list {
		if a.Judge == "" || a.Rule == "" || a.Reason == "" || len(a.Resources) == 0 {
			return nil, fmt.Errorf("%s: %s %s: an entry needs a judge, a rule, a reason and resources", file, a.Judge, a.Rule)
		}
		for _, resource := range a.Resources {
			key := finding{judge: a.Judge, rule: a.Rule, resource: resource}
			if seen[key] {
				return nil, fmt.Errorf("%s: %s %s %s is accepted twice", file, a.Judge, a.Rule, resource)
			}
			seen[key] = true
		}
	}
	return list, nil
}

// settle returns an error that lists the findings that are not accepted, and the accepted findings that were not found.
func (list acceptances) settle(found []finding) error {
	var errs []error
	for _, f := range found {
		if !slices.ContainsFunc(list, func(a acceptance) bool { return a.accepts(f) }) {
			errs = append(errs, fmt.Errorf("%s %s %s: %s", f.judge, f.rule, f.resource, f.message))
		}
	}
	for _, a := range list {
		for _, resource := range a.Resources {
			if !slices.ContainsFunc(found, func(f finding) bool { return f.resource == resource && a.accepts(f) }) {
				errs = append(errs, fmt.Errorf("%s %s %s is accepted but no longer found: remove it from the list",
					a.Judge, a.Rule, resource))
			}
		}
	}
	return errors.Join(errs...)
}

func (a acceptance) accepts(f finding) bool {
	return a.Judge == f.judge && a.Rule == f.rule && slices.Contains(a.Resources, f.resource)
}

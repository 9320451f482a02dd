package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// fault is a template with a fault for each judge.
const fault = `{"Resources": {"Planted": {"Type": "AWS::S3::Bucket", "Properties": {"NoSuchProperty": 1}}, "Role": {
	"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "sts:NoSuchAction", "Principal": {"Service": "lambda.amazonaws.com"}}]}}}}}`

// judge is a program that reads templates.
type judge struct {
	name string
	// args returns its arguments. dir has the files whole.json, planted.json and policies/.
	args func(dir string) []string
	// read reads its report, and returns the findings by the name of the file.
	read func(report []byte) (map[string][]finding, error)
}

var judges = []judge{
	{"cfn-lint", func(dir string) []string {
		return []string{"--format", "json", filepath.Join(dir, "whole.json"), filepath.Join(dir, "planted.json")}
	}, readCfnLint},
	{"checkov", func(dir string) []string {
		return []string{
			"--framework", "cloudformation", "--skip-download", "--compact", "--output", "json",
			"--file", filepath.Join(dir, "whole.json"), filepath.Join(dir, "planted.json"),
		}
	}, readCheckov},
	{"parliament", func(dir string) []string {
		return []string{"--json", "--include_policy_extension", "json", "--directory", filepath.Join(dir, "policies")}
	}, readParliament},
}

// judge runs the program, and returns its findings about the whole template.
//
// Errors: the program can't be run, its report can't be decoded, or it did not find the planted fault. Its exit code is
// ignored: it only says whether there are findings.
func (j judge) judge(ctx context.Context, bin, dir string) ([]finding, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, j.name, "bin", j.name), j.args(dir)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return nil, fmt.Errorf("%w: install it with make judges", err)
	}
	found, err := j.read(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("decode its report: %w\n%s%s", err, tail(out.String()), tail(log.String()))
	}
	if len(found["planted"]) == 0 {
		return nil, fmt.Errorf("it did not find the planted fault, so it does not check anything\n%s", tail(log.String()))
	}
	all := found["whole"]
	for i := range all {
		all[i].judge = j.name
	}
	return all, nil
}

// tail returns the end of a program's output.
func tail(text string) string { return text[max(0, len(text)-1000):] }

func readCfnLint(report []byte) (map[string][]finding, error) {
	var matches []struct {
		Filename, Message string
		Location          struct{ Path []any }
		Rule              struct{ ID string }
	}
	if err := json.Unmarshal(report, &matches); err != nil {
		return nil, err
	}
	found := map[string][]finding{}
	for _, m := range matches {
		f := finding{rule: m.Rule.ID, message: m.Message}
		if path := m.Location.Path; len(path) > 1 {
			f.resource = fmt.Sprint(path[1])
			f.message += fmt.Sprintf(" (%v)", path[2:])
		}
		found[plain(m.Filename)] = append(found[plain(m.Filename)], f)
	}
	return found, nil
}

func readCheckov(report []byte) (map[string][]finding, error) {
	var r struct {
		Results struct {
			Failed []struct {
				ID       string `json:"check_id"`
				Name     string `json:"check_name"`
				File     string `json:"file_path"`
				Resource string `json:"resource"`
			} `json:"failed_checks"`
		} `json:"results"`
		Summary struct {
			Passed  int `json:"passed"`
			Unread  int `json:"parsing_errors"`
			Skipped int `json:"skipped"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, err
	}
	if r.Summary.Unread > 0 || r.Summary.Skipped > 0 || r.Summary.Passed == 0 {
		return nil, fmt.Errorf("%+v, want some passed checks, no parsing errors and no skipped checks", r.Summary)
	}
	found := map[string][]finding{}
	for _, c := range r.Results.Failed {
		_, resource, _ := strings.Cut(c.Resource, ".")
		found[plain(c.File)] = append(found[plain(c.File)], finding{rule: c.ID, resource: resource, message: c.Name})
	}
	return found, nil
}

// readParliament reads a sequence of JSON objects. The file of a policy is named <template>.<resource>.<number>.json.
func readParliament(report []byte) (map[string][]finding, error) {
	found := map[string][]finding{}
	d := json.NewDecoder(bytes.NewReader(report))
	for d.More() {
		var f struct {
			Issue, Title string
			Detail       any
			Location     struct{ Filepath string }
		}
		if err := d.Decode(&f); err != nil {
			return nil, err
		}
		template, policy, _ := strings.Cut(plain(f.Location.Filepath), ".")
		resource, _, _ := strings.Cut(policy, ".")
		found[template] = append(found[template], finding{
			rule: f.Issue, resource: resource, message: fmt.Sprintf("%s: %v", f.Title, f.Detail),
		})
	}
	return found, nil
}

// plain returns a file's name without folder and extension.
func plain(path string) string { return strings.TrimSuffix(filepath.Base(path), ".json") }

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `{"Resources": {"T": {"Type": "AWS::DynamoDB::GlobalTable"}, "A": {"Type": "AWS::ApiGatewayV2::Api"},
	"R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [{
		"Action": "dynamodb:Query", "Resource": [{"Fn::GetAtt": ["T", "Arn"]},
			{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":execute-api:", {"Ref": "A"}]]}]}]}}]}}}}`

const (
	lintPlanted = `{"Filename": "/x/planted.json", "Message": "m", "Rule": {"Id": "E1"},
		"Location": {"Path": ["Resources", "P"]}}`
	lintWhole = `{"Filename": "/x/whole.json", "Message": "m", "Rule": {"Id": "W1"},
		"Location": {"Path": ["Resources", "R", "X"]}}`
	checked = `{"summary": {"passed": 9}, "results": {"failed_checks": [
		{"check_id": "C1", "file_path": "/planted.json", "resource": "A.P"},
		{"check_id": "C2", "file_path": "/whole.json", "resource": "A.T"}]}}`
	policed = `{"issue": "U", "location": {"filepath": "p/planted.Role.0.json"}}
		{"issue": "V", "location": {"filepath": "p/whole.R.0.json"}}`
	all = `[{"judge": "cfn-lint", "rule": "W1", "reason": "r", "resources": ["R"]},
		{"judge": "checkov", "rule": "C2", "reason": "r", "resources": ["T"]},
		{"judge": "parliament", "rule": "V", "reason": "r", "resources": ["R"]}]`
)

// judged runs the command with fake judges that print the given reports. If a report is "", that judge is missing.
func judged(t *testing.T, template, accepted string, reports map[string]string) error {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string, mode os.FileMode) string {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, j := range judges {
		if report := reports[j.name]; report != "" {
			write(filepath.Join(j.name, "report"), report, 0o600)
			write(filepath.Join(j.name, "bin", j.name), "#!/bin/sh\ncat \"$(dirname \"$0\")/../report\"\nexit 1\n", 0o700)
		}
	}
	list := write("accepted.json", accepted, 0o600)
	return run(t.Context(), dir, list, []string{write("template.json", template, 0o600)})
}

// TestJudge: each finding must be accepted, each accepted finding must be found, and a judge that can't run fails the
// run.
func TestJudge(t *testing.T) {
	t.Parallel()
	if err := judged(t, good, all, reports(nil)); err != nil {
		t.Errorf("all is accepted: %v", err)
	}
	unread := map[string]string{"checkov": `{"summary": {"passed": 1, "parsing_errors": 1}}`}
	for name, test := range map[string]struct {
		template, accepted string
		reports            map[string]string
		want               string
	}{
		"not accepted":        {accepted: strings.Replace(all, "C2", "C3", 1), want: "checkov C2 T"},
		"no longer found":     {accepted: strings.Replace(all, "C2", "C3", 1), want: "C3 T is accepted but no longer found"},
		"of another resource": {accepted: strings.Replace(all, `["R"]`, `["T"]`, 1), want: "cfn-lint W1 R: m ([X])"},
		"no reason":           {accepted: strings.Replace(all, `"r"`, `""`, 1), want: "an entry needs"},
		"accepted twice":      {accepted: strings.Replace(all, `["R"]`, `["R", "R"]`, 1), want: "accepted twice"},
		"a field of none":     {accepted: strings.Replace(all, `"reason"`, `"why"`, 1), want: "unknown field"},
		"a judge is missing":  {reports: map[string]string{"checkov": ""}, want: "install it with make judges"},
		"no report":           {reports: map[string]string{"cfn-lint": "Traceback"}, want: "cfn-lint: decode its report"},
		"a broken report":     {reports: map[string]string{"parliament": "{"}, want: "parliament: decode its report"},
		"blind: cfn-lint": {
			reports: map[string]string{"cfn-lint": "[]"}, want: "cfn-lint: it did not find the planted fault",
		},
		"blind: parliament": {
			reports: map[string]string{"parliament": " "}, want: "parliament: it did not find the planted fault",
		},
		"a file is not read": {reports: unread, want: "no parsing errors"},
		"nothing is checked": {reports: map[string]string{"checkov": `{"summary": {}}`}, want: "want some passed checks"},
		"an unknown function": {
			template: strings.Replace(good, "Fn::Join", "Fn::Split", 1), want: "R: intrinsic function Fn::Split is unknown",
		},
		"an unknown reference": {
			template: strings.Replace(good, `"Ref": "A"`, `"Ref": "R"`, 1), want: "Ref of R (AWS::IAM::Role)",
		},
		"an unknown attribute":  {template: strings.Replace(good, `"Arn"`, `"Name"`, 1), want: "Name of T (AWS::Dynamo"},
		"no policies":           {template: `{"Resources": {}}`, want: "the template has no policies"},
		"a template is no JSON": {template: `Resources:`, want: "invalid character"},
	} {
		if test.template == "" {
			test.template = good
		}
		if test.accepted == "" {
			test.accepted = all
		}
		err := judged(t, test.template, test.accepted, reports(test.reports))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
		}
	}
	if err := run(t.Context(), "", "", nil); err == nil || !strings.Contains(err.Error(), "want one") {
		t.Errorf("run without a template: %v, want an error that asks for one", err)
	}
	if _, err := readAccepted("../../infra/judged.json"); err != nil {
		t.Error(err)
	}
}

// reports returns reports of judges that find something in each template, except for the given ones.
func reports(others map[string]string) map[string]string {
	all := map[string]string{
		"cfn-lint": "[" + lintPlanted + "," + lintWhole + "]", "checkov": checked, "parliament": policed,
	}
	for name, report := range others {
		all[name] = report
	}
	return all
}

// TestPolicies: a policy is written with values in place of intrinsic functions, and without its principal.
func TestPolicies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"whole.json": good, "planted.json": fault} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writePolicies(filepath.Join(dir, "policies"), file); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"whole.R.0.json": `"Resource":["arn:aws:dynamodb:us-east-1:123456789012:table/t","arn:aws:execute-api:A"]`,
		"planted.Role.0.json": `{"Action":"sts:NoSuchAction","Effect":"Allow",` +
			`"Resource":"arn:aws:iam::123456789012:role/Role"}`,
	} {
		text, err := os.ReadFile(filepath.Join(dir, "policies", name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("policy %s: %s, %v, want %s", name, text, err, want)
		}
	}
}

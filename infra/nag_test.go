package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// accepted are the findings of the AWS Solutions rules that stay, each with the reason why: by rule, the resources whose
// construct paths have one of the prefixes.
var accepted = []struct {
	rule, reason string
	paths        []string
}{
	{
		"AwsSolutions-IAM5", "IAM knows no resource for ListStreams, which subscriptions need; the ids of connections, to which the projector posts, are made " +
			"by API Gateway. TestRoles has the roles' exact actions and resources",
		[]string{"Annals/ProjectorRole/", "Annals/ReactorRole/"},
	},
	{
		"AwsSolutions-SQS3", "they are where subscriptions send what they give up, which the rule does not see; an alarm looks at them",
		[]string{"Annals/ProjectorFailures/", "Annals/ReactorFailures/"},
	},
	{
		"AwsSolutions-APIG1", "there are no access logs yet: API Gateway counts requests, and functions log those that fail",
		[]string{"Annals/Api/DefaultStage/", "Annals/SocketStage/"},
	},
	{
		"AwsSolutions-APIG4", "there is no authorizer yet, and docs/security.md says not to deploy this with real data before there is",
		[]string{"Annals/"},
	},
}

// finding is a line of a report of the rules.
type finding struct {
	RuleID, ResourceID, Compliance, RuleInfo string
}

// TestNag holds the stack against the AWS Solutions rules of cdk-nag: what they find is accepted above, with a reason, and
// what is accepted is still found.
func TestNag(t *testing.T) {
	for _, chosen := range []string{"", `{"stage":"prod"}`} {
		found := nag(t, chosen)
		compliant := 0
		used := map[string]bool{}
		for _, f := range found {
			if f.Compliance == "Compliant" {
				compliant++
				continue
			}
			i := slices.IndexFunc(accepted, func(a struct {
				rule, reason string
				paths        []string
			}) bool {
				return a.rule == f.RuleID && slices.ContainsFunc(a.paths, func(path string) bool { return strings.HasPrefix(f.ResourceID, path) })
			})
			if i < 0 {
				t.Errorf("%s %s: %s (%s)", f.RuleID, f.ResourceID, f.RuleInfo, f.Compliance)
				continue
			}
			for _, path := range accepted[i].paths {
				if strings.HasPrefix(f.ResourceID, path) {
					used[f.RuleID+" "+path] = true
				}
			}
		}
		if compliant < 20 {
			t.Errorf("only %d checks were made: the report is read wrongly", compliant)
		}
		for _, a := range accepted {
			for _, path := range a.paths {
				if !used[a.rule+" "+path] {
					t.Errorf("%s is no longer found at %s: it need not be accepted", a.rule, path)
				}
			}
		}
	}
}

// nag synthesizes the stack with the rules, and returns what they say of each resource.
func nag(t *testing.T, chosen string) []finding {
	t.Helper()
	dir := wholeProject(t)
	context, err := newContext("../cdk.json", chosen)
	if err != nil {
		t.Fatal(err)
	}
	context["@aws-cdk/core:annotationsInValidationReport"] = false // the report says it all, and synthesis goes on
	conf := config{arch: "arm64", buildDir: filepath.Join(dir, "build")}
	if conf.settings, err = readSettings(context); err != nil {
		t.Fatal(err)
	}
	app := newApp(context, dir)
	newStack(app, conf)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	reports, err := filepath.Glob(filepath.Join(dir, "*NagReport.json"))
	if err != nil || len(reports) != 1 {
		t.Fatalf("reports: %v, %v", reports, err)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Lines []finding }
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	return report.Lines
}

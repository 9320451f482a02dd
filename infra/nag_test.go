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

// accepted are the findings of the AWS Solutions rules that stay, with the reason: by rule, the resources whose
// construct path has one of the prefixes.
var accepted = []struct {
	rule, reason string
	paths        []string
}{
	{
		"AwsSolutions-IAM5", "IAM knows no resource for ListStreams, which subscriptions need; the ids of connections, to " +
			"which the projector posts, are made by API Gateway, and the keys of batches that were given up by Lambda. " +
			"TestRoles has the roles' exact actions and resources",
		[]string{"Shop/ProjectorRole/", "Shop/ReactorRole/"},
	},
	{
		"AwsSolutions-IAM5", "a distributed map starts and watches executions of its own machine, whose names Step " +
			"Functions makes. TestRebuildRole has what it may",
		[]string{"Shop/RebuildRole/"},
	},
	{
		"AwsSolutions-APIG1",
		"WebSocket APIs log only with a role that belongs to the whole account; the function logs who connects",
		[]string{"Shop/SocketStage/"},
	},
	{
		"AwsSolutions-APIG4", "what the API says of itself is for all to read, and names no person; docs: off leaves it out",
		[]string{"Shop/GetOpenapiRoute/", "Shop/GetDocsRoute/", "Shop/GetDocsFileRoute/"},
	},
	{
		"AwsSolutions-APIG4", "who connects is asked for a token, at $connect, by the route's authorizer; messages and the " +
			"end belong to a connection that was let in",
		[]string{
			"Shop/SocketDisconnectRoute", "Shop/SocketSubscribeRoute", "Shop/SocketUnsubscribeRoute", "Shop/SocketDefaultRoute",
		},
	},
	{
		"AwsSolutions-S1", "Lambda alone writes to them, and one function reads; the objects are gone after 30 days",
		[]string{"Shop/ProjectorFailures/", "Shop/ReactorFailures/"},
	},
	{
		"AwsSolutions-SF1", "the history of each execution is kept for 90 days, and the function logs what it does",
		[]string{"Shop/RebuildMachine/", "Shop/ForgetMachine/"},
	},
	{
		"AwsSolutions-SF2", "traces are off unless a collector is configured, and then they are the functions'",
		[]string{"Shop/RebuildMachine/", "Shop/ForgetMachine/"},
	},
	{
		"AwsSolutions-SMG4", "another key makes all cursors invalid that were given out; who wants that changes the secret " +
			"and deploys", []string{"Shop/CursorKey/"},
	},
	{
		"AwsSolutions-COG1", "passwords have twelve characters at least, of any kind: length protects, rules of " +
			"composition do not (NIST SP 800-63B)", []string{"Shop/UserPool/"},
	},
	{
		"AwsSolutions-COG2", "customers choose whether they want a second factor; a deployment that demands one brings an " +
			"issuer of its own", []string{"Shop/UserPool/"},
	},
	{
		"AwsSolutions-COG3", "threat protection is a paid plan, which a deployment decides on", []string{"Shop/UserPool/"},
	},
}

// finding is a line in the rules' report.
type finding struct {
	RuleID, ResourceID, Compliance, RuleInfo string
}

// TestNag checks the stack against the AWS Solutions rules of cdk-nag. Each finding has to be accepted above, with a
// reason, and each accepted finding has to exist.
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
				return a.rule == f.RuleID &&
					slices.ContainsFunc(a.paths, func(path string) bool { return strings.HasPrefix(f.ResourceID, path) })
			})
			if i < 0 {
				t.Errorf("finding without an exception: %s %s: %s (%s)", f.RuleID, f.ResourceID, f.RuleInfo, f.Compliance)
				continue
			}
			for _, path := range accepted[i].paths {
				if strings.HasPrefix(f.ResourceID, path) {
					used[f.RuleID+" "+path] = true
				}
			}
		}
		if compliant < 20 {
			t.Errorf("only %d checks were made: the test does not read the report correctly", compliant)
		}
		for _, a := range accepted {
			for _, path := range a.paths {
				if !used[a.rule+" "+path] {
					t.Errorf("%s is no longer found at %s: remove it from the accepted findings", a.rule, path)
				}
			}
		}
	}
}

// nag synthesizes the stack with the rules, and returns the findings.
func nag(t *testing.T, chosen string) []finding {
	t.Helper()
	dir := wholeProject(t)
	props, settings := configure(dir, "arm64", chosen)
	// the report has all findings, and synthesis continues
	(*props.Context)["@aws-cdk/core:annotationsInValidationReport"] = false
	props.Outdir = jsii.String(dir)
	app := awscdk.NewApp(props)
	newStack(app, settings)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	reports, err := filepath.Glob(filepath.Join(dir, "*NagReport.json"))
	if err != nil || len(reports) != 1 {
		t.Fatalf("reports: %v, %v, want one", reports, err)
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

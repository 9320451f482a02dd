package annalscdk_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalscdk"
)

type (
	object = map[string]any
	list   = []any
)

// TestAdditions: what a team adds is in the template, and each grant in the policy of the role that it is for.
func TestAdditions(t *testing.T) {
	made, synth := annalscdk.StackOf(t, annalscdk.Everything(), annalscdk.Settings{})
	printer := filepath.Join(made.Settings.BuildDir, made.Settings.Arch, "printer")
	if err := os.MkdirAll(printer, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(printer, "bootstrap"), []byte("printer"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := add(made); err != nil {
		t.Fatal(err)
	}
	if err := made.Check(); err != nil {
		t.Fatal(err)
	}
	got := synth()
	policies := map[string][]string{} // actions by role
	for _, r := range got.Resources {
		if r.Type != "AWS::IAM::Policy" {
			continue
		}
		role := r.Properties["Roles"].(list)[0].(object)["Ref"].(string)
		for _, one := range r.Properties["PolicyDocument"].(object)["Statement"].(list) {
			actions, several := one.(object)["Action"].(list)
			if !several {
				actions = list{one.(object)["Action"]}
			}
			for _, action := range actions {
				policies[role] = append(policies[role], action.(string))
			}
		}
		slices.Sort(policies[role])
	}
	roles := slices.Sorted(maps.Keys(policies))
	if len(roles) != 3 || roles[0] != "CommandRole" || !strings.HasPrefix(roles[1], "PrinterServiceRole") ||
		roles[2] != "ReactorRole" {
		t.Fatalf("roles with grants: %v", roles)
	}
	annalscdk.Same(t, "of the bucket", []string{"s3:GetBucket*", "s3:GetObject*", "s3:List*"}, policies["CommandRole"])
	annalscdk.Same(t, "of the queue and of mail",
		[]string{"ses:SendEmail", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}, policies["ReactorRole"])
	for _, action := range []string{"dynamodb:Query", "sqs:ReceiveMessage"} {
		if !slices.Contains(policies[roles[1]], action) {
			t.Errorf("the team's own function may not %s: %v", action, policies[roles[1]])
		}
	}
	env := got.Resources["CommandFunction"].Properties["Environment"].(object)["Variables"].(object)
	if bucket, _ := env["PHOTOS_BUCKET"].(object); bucket["Ref"] == nil {
		t.Errorf("PHOTOS_BUCKET is %v", env["PHOTOS_BUCKET"])
	}
	for id, r := range got.Resources {
		if strings.HasPrefix(id, "OldLetters") {
			annalscdk.Same(t, "the alarm goes to", any(list{object{"Ref": "AlarmTopic"}}), r.Properties["AlarmActions"])
		}
	}
}

// TestGrantsOnEvents: a grant to change stored events is refused for any principal, and synthesis fails.
func TestGrantsOnEvents(t *testing.T) {
	made, synth := annalscdk.StackOf(t, annalscdk.Everything(), annalscdk.Settings{})
	events, command := made.Tables["events"], made.Functions[annalsaws.Command]
	events.GrantReadData(command.Lambda)
	events.GrantStreamRead(command.Lambda)
	made.Tables["roster"].GrantReadWriteData(command.Lambda)
	if err := made.Check(); err != nil {
		t.Fatalf("grants that are allowed: %v, want no error", err)
	}
	events.GrantReadWriteData(command.Lambda)
	other := awsiam.NewRole(made.Stack, jsii.String("Other"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	events.GrantFullAccess(other)
	err := made.Check()
	if err == nil {
		t.Fatal("events may be changed")
	}
	for _, want := range []string{
		"Stack/CommandRole/DefaultPolicy allows dynamodb:BatchWriteItem, dynamodb:DeleteItem, dynamodb:PutItem, " +
			"dynamodb:UpdateItem on the event table",
		"Stack/Other/DefaultPolicy allows dynamodb:* on the event table, but stored events never change",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("grant of a change to events: %v, want an error with %s", err, want)
		}
	}
	if fault := faultOf(synth); !strings.Contains(fault, "on the event table, but stored events never change") {
		t.Errorf("synthesis: %s, want the grant refused", fault)
	}
}

// TestCircleOfGrants: the projector is deployed before the command function, so it can't wait for it. CDK's own rules
// say so: the flag validateAgainstDefaultRules in cdk.json asks for them.
func TestCircleOfGrants(t *testing.T) {
	made, synth := annalscdk.StackOf(t, annalscdk.Everything(), annalscdk.Settings{})
	made.Functions[annalsaws.Command].Lambda.GrantInvoke(made.Functions[annalsaws.Projector].Lambda)
	if fault := faultOf(synth); !strings.Contains(fault, "Validation failed") {
		t.Errorf("synthesis: %s, want a failed validation", fault)
	}
}

// faultOf is what a synthesis panics with, as jsii does.
func faultOf[T any](synth func() T) (fault string) {
	defer func() { fault = faultText(recover()) }()
	synth()
	return ""
}

func faultText(fault any) string {
	switch fault := fault.(type) {
	case error:
		return fault.Error()
	case string:
		return fault
	}
	return ""
}

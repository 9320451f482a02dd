package annalscdk

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
)

func TestChoicesRefused(t *testing.T) {
	for _, test := range []struct {
		context object
		want    string
	}{
		{object{"region": "Frankfurt"}, `region is "Frankfurt": it must be one such as eu-central-1`},
		{object{"cmk": "yes"}, `cmk is "yes": it must be true, or the ARN of a key in KMS`},
		{object{"cmk": 1.0}, `cmk is 1: it must be a string`},
		{object{"cmk": "true"}, "cmk needs region: a key is in one region"},
		{object{"cmk": true}, "cmk needs region: a key is in one region"},
		{object{"breakGlassRole": "Admin"}, `breakGlassRole is "Admin": it must be the ARN of a role`},
		{object{"eventReplicas": "eu-west-1"}, "eventReplicas needs region: set the one region that writes"},
		{
			object{"region": "eu-west-1", "readReplicas": "eu-west-1"},
			"readReplicas has eu-west-1, which is the region that writes",
		},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-2,eu-west-2"}, "readReplicas has eu-west-2 twice"},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-2,"}, `readReplicas has "": it must be regions`},
		{
			object{"region": "eu-west-1", "readReplicas": list{"eu-west-2", 3.0}},
			`readReplicas has 3: it must be a list of strings`,
		},
		{
			object{"region": "eu-west-1", "readReplicas": "eu-west-2", "cmk": "true"}, "readReplicas and cmk cannot be combined",
		},
		{object{"eventReplicas": 1}, "eventReplicas is 1: it must be a string or a list of strings"},
		{object{"replicasLocked": "perhaps"}, `replicasLocked is perhaps: it must be true or false`},
		{object{"replicasLocked": list{}}, `replicasLocked is []: it must be true or false`},
		{object{"isuer": "https://id.example.org"}, "there is no setting isuer: docs/configuration.md lists"},
		{object{"concurrency": "command"}, `concurrency has "command": it must be functions and numbers`},
		{object{"concurrency": "command:-1"}, `concurrency has "command:-1"`},
		{object{"concurrency": "commands:1"}, `concurrency has "commands:1": there is no function commands`},
	} {
		if _, err := readSettings(test.context); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("settings of %v: %v, want an error with %s", test.context, err, test.want)
		}
	}
}

// A key that exists is used as it is named.
func TestChoicesTaken(t *testing.T) {
	const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	got, err := readSettings(object{"cmk": key, "concurrency": "query:7", "region": "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "settings", []any{key, 7, "eu-central-1"}, []any{
		got.TablesKey, got.Concurrency["query"], *got.environment().Region,
	})
	if off, err := readSettings(object{"cmk": "false"}); err != nil || off.TablesKey != "" {
		t.Errorf("settings with cmk=false: %q, %v, want no key", off.TablesKey, err)
	}
}

// TestTruths: a boolean is read from JSON and from the text that the command line gives. A list is a list in JSON, and
// on the command line a text with commas. A large number stays a number.
func TestTruths(t *testing.T) {
	for _, context := range []object{
		{"region": "us-east-1", "cmk": true}, {"region": "us-east-1", "cmk": "true"},
	} {
		if got, err := readSettings(context); err != nil || got.TablesKey != "true" {
			t.Errorf("settings of %v: cmk %q, %v, want true", context, got.TablesKey, err)
		}
	}
	for _, off := range []any{false, "false", "", nil} {
		if got, err := readSettings(object{"cmk": off, "replicasLocked": off}); err != nil || got.TablesKey != "" ||
			got.ReplicasLocked {
			t.Errorf("settings switched off by %v: cmk %q, replicasLocked %t, %v; want both off",
				off, got.TablesKey, got.ReplicasLocked, err)
		}
	}
	for _, on := range []any{true, "true"} {
		if got, err := readSettings(object{"replicasLocked": on}); err != nil || !got.ReplicasLocked {
			t.Errorf("settings with replicasLocked %v: %t, %v, want true", on, got.ReplicasLocked, err)
		}
	}
	for _, regions := range []any{"eu-west-1, eu-west-2", list{"eu-west-1", "eu-west-2"}} {
		got, err := readSettings(object{"region": "us-east-1", "eventReplicas": regions, "rate": 1e6})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "copies", []string{"eu-west-1", "eu-west-2"}, got.EventReplicas)
		same(t, "rate", 1_000_000, got.Rate)
	}
}

// TestNames: what can't be a name on AWS is refused before a deployment.
func TestNames(t *testing.T) {
	t.Parallel()
	service := annals.New("shop", annals.Aggregate(courses), create)
	for stage, want := range map[string]string{
		"aws-try": `stage is "aws-try": the user pool's domain would begin with shop-aws-try, and Cognito does not allow ` +
			`"aws" in it`,
		"laws": `not allow "aws" in it`, "amazon": `not allow "amazon" in it`, "cognito-2": `not allow "cognito" in it`,
	} {
		if err := (&Settings{Stage: stage}).validateNames(service); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("stage %s: %v, want an error with %s", stage, err, want)
		}
	}
	reserved := annals.New("awsome-shop", annals.Aggregate(courses), create)
	want := `the service's name is "awsome-shop": its user pool's domain would begin with awsomeshop, and Cognito does ` +
		`not allow`
	if err := (&Settings{}).validateNames(reserved); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a service's name: %v, want %s", err, want)
	}
	other := Settings{Stage: "aws-try", Issuer: "https://id.example.org", Audience: []string{"a"}}
	if err := other.validateNames(service); err != nil {
		t.Errorf("with another issuer: %v", err)
	}
	long := annals.New("a"+strings.Repeat("-long", 14), annals.Aggregate(courses), create)
	if err := (&Settings{}).validateNames(long); err == nil ||
		!strings.Contains(err.Error(), "choose a shorter name for") {
		t.Errorf("a long name: %v", err)
	}
}

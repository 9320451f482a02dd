package annalscdk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someStages = `{
	"default": {"rate": 50},
	"prod": {"region": "us-east-1", "eventReplicas": ["eu-west-1"], "replicasLocked": true, "rate": 100},
	"typo": {"isuer": "https://id.example.org"},
	"Upper": {}
}`

// TestChoose: the settings are those of the stage, whatever a deployment forgets; what it adds is refused, or said.
func TestChoose(t *testing.T) {
	t.Parallel()
	prod := object{
		"stage": "prod", "region": "us-east-1", "eventReplicas": list{"eu-west-1"}, "replicasLocked": true, "rate": 100.0,
	}
	for name, test := range map[string]struct {
		context object
		want    object
		tried   []string
	}{
		"no stage":            {object{"@aws-cdk/core:x": true}, object{"stage": "default", "rate": 50.0}, nil},
		"the default by name": {object{"stage": "default"}, object{"stage": "default", "rate": 50.0}, nil},
		"a stage":             {object{"stage": "prod"}, prod, nil},
		"a stage, repeated":   {object{"stage": "prod", "replicasLocked": "true", "rate": "100"}, prod, nil},
		"what lasts for a while": {
			object{"burst": "7", "docs": "off"},
			object{"stage": "default", "rate": 50.0, "burst": "7", "docs": "off"}, []string{"burst", "docs"},
		},
	} {
		got, tried, err := choose(test.context, []byte(someStages))
		if err != nil {
			t.Errorf("choose the settings of %s: %v", name, err)
			continue
		}
		same(t, name, test.want, got)
		same(t, name, test.tried, tried)
		if _, err := readSettings(got); err != nil {
			t.Errorf("read the settings of %s: %v", name, err)
		}
	}
}

// TestChooseRefuses: a deployment drops nothing that is committed, and adds nothing that the next one would drop.
func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		context object
		file    string
	}{
		`there is no stage "qa" in infra/stages.json, which has Upper, default, prod, typo`: {
			object{"stage": "qa"}, someStages,
		},
		"stage is 7: it must be a string": {object{"stage": 7.0}, someStages},
		"replicasLocked was given as false, but infra/stages.json has true for the stage prod": {
			object{"stage": "prod", "replicasLocked": "false"}, someStages,
		},
		"issuer was given as https://a.example, but infra/stages.json does not have it": {
			object{"stage": "prod", "issuer": "https://a.example"}, someStages,
		},
		"rate was given as 60, but infra/stages.json has 50 for the stage default": {
			object{"rate": 60.0}, someStages,
		},
		"infra/stages.json is not a JSON object of stages with their settings: unexpected end of JS": {object{}, `{`},
		"infra/stages.json is not a JSON object of stages with their settings: json: cannot": {
			object{}, `{"default": 7}`,
		},
	} {
		if _, _, err := choose(test.context, []byte(test.file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("choose the settings of %v: %v, want an error with %s", test.context, err, want)
		}
	}
	for stage, want := range map[string]string{
		"typo": "there is no setting isuer", "Upper": `stage is "Upper": it must be up to 20`,
	} {
		chosen, _, err := choose(object{"stage": stage}, []byte(someStages))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readSettings(chosen); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read the settings of stage %s: %v, want an error with %s", stage, err, want)
		}
	}
}

// TestSettingsAreNotInCDKsFile: a setting has one place.
func TestSettingsAreNotInCDKsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"@aws-cdk/core:x": true, "issuer": "https://a.example"}}`),
		0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newContext(file, ""); err == nil ||
		!strings.Contains(err.Error(), "has the setting issuer: move it to infra/stages.json") {
		t.Errorf("settings of a stage in cdk.json: %v, want an error that says to move them", err)
	}
}

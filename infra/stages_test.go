package main

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalscdk"
)

// TestCommittedStages: every committed stage can be deployed, and the default one gives the reviewed template.
func TestCommittedStages(t *testing.T) {
	committed := map[string]object{}
	if err := json.Unmarshal(stages, &committed); err != nil {
		t.Fatal(err)
	}
	if _, there := committed["prod"]; len(committed["default"]) != 0 || !there {
		t.Errorf("stages: %v, want prod, and an empty default", committed)
	}
	for stage := range committed {
		if _, _, err := annalscdk.Configure("../cdk.json", `{"stage":"`+stage+`"}`, stages, ownSettings...); err != nil {
			t.Errorf("configure the stage %s: %v", stage, err)
		}
	}
}

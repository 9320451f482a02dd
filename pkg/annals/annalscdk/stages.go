package annalscdk

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// stagesFile has the settings of each stage: what a deployment has chosen is committed, so that no deployment drops it
// by not repeating it.
const stagesFile = "infra/stages.json"

// defaultStage is the one of a deployment that names none.
const defaultStage = "default"

// settingPattern tells settings from CDK's own context, whose keys have colons, slashes or hyphens.
var settingPattern = regexp.MustCompile(`^[A-Za-z]+$`)

// choose returns the settings of the stage that the context names: its entry in the file, and for the default stage
// alone what else the context says, which tried names: that lasts for one deployment.
//
// Errors: a stage that the file lacks; a setting of the context that is another one in the file, or that is not in the
// file.
func choose(context map[string]any, file []byte) (chosen map[string]any, tried []string, err error) {
	stage, err := text(&asked{values: context}, "stage")
	if err != nil {
		return nil, nil, err
	}
	if stage == "" {
		stage = defaultStage
	}
	stages := map[string]map[string]any{}
	if err := json.Unmarshal(file, &stages); err != nil {
		return nil, nil, fmt.Errorf("%s is no JSON object of stages with their settings: %w", stagesFile, err)
	}
	entry, there := stages[stage]
	if !there {
		return nil, nil, fmt.Errorf("there is no stage %q in %s, which has %s: write an entry for it, {} for the defaults",
			stage, stagesFile, strings.Join(slices.Sorted(maps.Keys(stages)), ", "))
	}
	chosen = map[string]any{}
	maps.Copy(chosen, entry)
	for _, key := range slices.Sorted(maps.Keys(context)) {
		value := context[key]
		committed, there := entry[key]
		switch {
		case key == "stage" || !settingPattern.MatchString(key) || there && fmt.Sprint(committed) == fmt.Sprint(value):
		case there:
			return nil, nil, fmt.Errorf("%s was given as %v, but %s has %v for the stage %s: change it there",
				key, value, stagesFile, committed, stage)
		case stage != defaultStage:
			return nil, nil, fmt.Errorf("%s was given as %v, but %s does not have it for the stage %s, "+
				"and the next deployment would drop it: write it there", key, value, stagesFile, stage)
		default:
			chosen[key] = value
			tried = append(tried, key)
		}
	}
	chosen["stage"] = stage
	return chosen, tried, nil
}

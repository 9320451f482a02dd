package annalscdk

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// stagesFile has the settings of each stage. They are committed, so that no deployment drops a setting by not repeating
// it.
const stagesFile = "infra/stages.json"

// defaultStage is the stage of a deployment that names none.
const defaultStage = "default"

// settingPattern matches settings, but not CDK's own context, whose keys have colons, slashes or hyphens.
var settingPattern = regexp.MustCompile(`^[A-Za-z]+$`)

// choose returns the settings of the stage that the context names, from the file. For the default stage only, further
// settings in the context are added and listed in tried: they apply to one deployment.
//
// Errors: a stage that is not in the file; a setting in the context that has another value in the file, or is not in
// the file.
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
		return nil, nil, fmt.Errorf("%s is not a JSON object of stages with their settings: %w", stagesFile, err)
	}
	entry, there := stages[stage]
	if !there {
		return nil, nil, fmt.Errorf("there is no stage %q in %s, which has %s: add an entry for it, {} for the defaults",
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
			return nil, nil, fmt.Errorf("%s was given as %v, but %s has %v for the stage %s: change the file",
				key, value, stagesFile, committed, stage)
		case stage != defaultStage:
			return nil, nil, fmt.Errorf("%s was given as %v, but %s does not have it for the stage %s, "+
				"and the next deployment would drop it: add it to the file", key, value, stagesFile, stage)
		default:
			chosen[key] = value
			tried = append(tried, key)
		}
	}
	chosen["stage"] = stage
	return chosen, tried, nil
}

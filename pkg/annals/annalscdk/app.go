package annalscdk

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Configure returns the properties of a CDK app and the settings of a stack in it. [Main] uses it. The feature flags
// are the context in the file cdkJSON. overrides is a JSON object such as {"stage": "prod"}: the CDK command line
// passes it in CDK_CONTEXT_JSON. stages is the content of infra/stages.json. own are the settings beyond those of
// [Settings]: [SettingsOf] returns those that a service declares.
//
// Errors: a file that cannot be read; a stage or a setting that does not exist; a value that is not valid; an override
// that the next deployment of the stage would drop.
func Configure(cdkJSON, overrides string, stages []byte, own ...Setting) (*awscdk.AppProps, Settings, error) {
	context, err := newContext(cdkJSON, overrides)
	if err != nil {
		return nil, Settings{}, err
	}
	chosen, tried, err := choose(context, stages)
	if err != nil {
		return nil, Settings{}, err
	}
	settings, err := readSettings(chosen, own...)
	settings.tried = tried
	return &awscdk.AppProps{
		Context: &context,
		// The command line has its own defaults for these three. The template must not depend on them.
		AnalyticsReporting: jsii.Bool(false),
		PostCliContext: &map[string]any{
			"aws:cdk:enable-path-metadata":  false, // logical ids are readable without it, see named
			"aws:cdk:enable-asset-metadata": true,  // tools that run functions use it to find the code
		},
	}, settings, err
}

// newContext returns CDK's context: the feature flags in cdk.json, overridden by CDK_CONTEXT_JSON, which may also name
// a stage and settings. The CDK command line passes both in that variable. cdk.json is read here too, so that a
// synthesis without the command line gives the same template.
func newContext(cdkJSON, overrides string) (map[string]any, error) {
	text, err := os.ReadFile(cdkJSON)
	if err != nil {
		return nil, fmt.Errorf("read the feature flags (run from the project's root): %w", err)
	}
	var file struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read the feature flags from %s: %w", cdkJSON, err)
	}
	for key := range file.Context {
		if settingPattern.MatchString(key) {
			return nil, fmt.Errorf("%s has the setting %s: move it to %s, which has the settings by stage",
				cdkJSON, key, stagesFile)
		}
	}
	if overrides != "" {
		if err := json.Unmarshal([]byte(overrides), &file.Context); err != nil {
			return nil, fmt.Errorf("CDK_CONTEXT_JSON is not a JSON object: %w", err)
		}
	}
	return file.Context, nil
}

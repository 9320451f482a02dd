package annalscdk

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Configure returns the properties of a CDK app and the settings of a stack in it, as [Main] uses them. The
// feature flags
// are the context in the file cdkJSON. The overrides are a JSON object, such as {"stage": "prod"}: what the CDK command
// line passes in CDK_CONTEXT_JSON. The stages are the content of infra/stages.json.
//
// Errors: a file that can't be read; a stage that does not exist; a setting that does not exist or can't be; a
// setting that another deployment of the stage would drop.
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
		// The command line has defaults of its own for these three, which the template must not depend on.
		AnalyticsReporting: jsii.Bool(false),
		PostCliContext: &map[string]any{
			"aws:cdk:enable-path-metadata":  false, // logical ids say it already, see named
			"aws:cdk:enable-asset-metadata": true,  // tools that run functions find their code by it
		},
	}, settings, err
}

// newContext is CDK's context: the feature flags of cdk.json, and over them what CDK_CONTEXT_JSON says, which may
// name a stage and
// settings. The CDK command line passes both in that variable; cdk.json is read here so that a synthesis without
// it gives the
// same template.
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
			return nil, fmt.Errorf("%s has the setting %s: settings are in %s, by stage", cdkJSON, key, stagesFile)
		}
	}
	if overrides != "" {
		if err := json.Unmarshal([]byte(overrides), &file.Context); err != nil {
			return nil, fmt.Errorf("CDK_CONTEXT_JSON is no JSON object: %w", err)
		}
	}
	return file.Context, nil
}

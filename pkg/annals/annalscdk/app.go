package annalscdk

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// newContext is CDK's context: the feature flags of cdk.json, and over them what CDK_CONTEXT_JSON says, which may name a stage and
// settings. The CDK command line passes both in that variable; cdk.json is read here so that a synthesis without it gives the
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

// newApp makes the CDK app, which writes to outdir.
func newApp(context map[string]any, outdir string) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:  jsii.String(outdir),
		Context: &context,
		// The command line has defaults of its own for these three, which the template must not depend on.
		AnalyticsReporting: jsii.Bool(false),
		PostCliContext: &map[string]any{
			"aws:cdk:enable-path-metadata":  false, // logical ids say it already, see named
			"aws:cdk:enable-asset-metadata": true,  // tools that run functions find their code by it
		},
	})
}

package main

import (
	"fmt"
	"regexp"
)

// settings are what one deployment chooses by CDK's context: on the command line `-c stage=prod`, in cdk.json, or without the
// command line CDK_CONTEXT_JSON='{"stage":"prod"}'. Each has a default, with which the template is what the local runner runs.
type settings struct {
	// stage tells deployments in one account apart: the stack is named Annals-<stage>. "" = the stack is named Annals.
	stage string
}

var stagePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// readSettings reads the settings from the context, see newContext.
//
// Errors: one that names the setting that can't be, and what it can be.
func readSettings(context map[string]any) (settings, error) {
	var s settings
	var err error
	if s.stage, err = text(context, "stage"); err != nil {
		return s, err
	}
	if s.stage != "" && !stagePattern.MatchString(s.stage) {
		return s, fmt.Errorf("stage is %q: it must be up to 20 lower-case letters, digits and hyphens, such as prod", s.stage)
	}
	return s, nil
}

// stackName is the name of the stack on CloudFormation.
func (s settings) stackName() string {
	if s.stage == "" {
		return "Annals"
	}
	return "Annals-" + s.stage
}

// text is a setting that is a text, "" where the context has none.
func text(context map[string]any, key string) (string, error) {
	switch value := context[key].(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	default:
		return "", fmt.Errorf("%s is %v: it must be a text", key, value)
	}
}

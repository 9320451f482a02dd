// Package annalscdk turns the tables and the routes that the service declares into one CloudFormation stack.
package annalscdk

import (
	"cmp"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
)

// Main is the CDK app. The stages are the content of infra/stages.json.
func Main(stages []byte) {
	if err := run(stages); err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

func run(stages []byte) error {
	conf, err := configFromEnv()
	if err != nil {
		return err
	}
	context, err := newContext("cdk.json", os.Getenv("CDK_CONTEXT_JSON"))
	if err != nil {
		return err
	}
	chosen, tried, err := choose(context, stages)
	if err != nil {
		return err
	}
	if conf.settings, err = readSettings(chosen); err != nil {
		return err
	}
	conf.tried = tried
	defer jsii.Close()
	// The command line says where it looks for the result.
	app := newApp(context, cmp.Or(os.Getenv("CDK_OUTDIR"), "cdk.out"))
	newStack(app, conf)
	app.Synth(nil)
	return nil
}

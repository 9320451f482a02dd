// Command infra is the CDK app: it turns the tables and the routes that the service declares into one CloudFormation stack.
//
// The CDK command line runs it, see cdk.json. It also runs without, from the project's root, and writes the same to cdk.out:
//
//	go run ./infra
package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

func run() error {
	conf, err := configFromEnv()
	if err != nil {
		return err
	}
	context, err := newContext("cdk.json", os.Getenv("CDK_CONTEXT_JSON"))
	if err != nil {
		return err
	}
	chosen, tried, err := choose(context, committed)
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

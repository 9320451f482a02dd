//go:build !windows

package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/local/runner"
)

// runGrace is how long the service has to stop after a signal: running requests are completed.
const runGrace = 10 * time.Second

func (c *cli) runCommand() *cobra.Command {
	var (
		o      runner.Options
		beside []string
	)
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the service of this module on this machine",
		Long: `Run the service of the module that the working directory is in: build its functions and its CDK app,
synthesize the template if something has changed, start DynamoDB Local, and run the template's resources. The console
is at /_console. It needs Go, Node.js and Java, but neither Docker nor AWS.

The module must have the CDK app in ./infra, and a folder in ./functions for each Lambda function. Environment
variables:

    PORT               port of the service (default 3000; 0 takes a free one)
    FRESH=1            start empty
    AUTH=on            require tokens of callers
    STORES=sql         start PostgreSQL, too; functions get its address in ANNALS_SQL_URL
    CONCURRENCY        concurrent invocations of a function without reserved concurrency (default 100)
    DYNAMODB_ENDPOINT  use a DynamoDB Local that already runs

The module's folder .local has the data that is kept between runs. Ctrl-C stops the service.`,
		Example: "  annals run\n  PORT=3001 FRESH=1 annals run\n  annals run --template cdk.out",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			console, err := consoleProgram()
			if err != nil {
				return err
			}
			o.Beside = []runner.Beside{{Path: "/_console", Command: console, Described: true}}
			for _, text := range beside {
				b, err := runner.ParseBeside(text)
				if err != nil {
					return usageError{err}
				}
				o.Beside = append(o.Beside, b)
			}
			waitLonger(cmd.Context(), runGrace)
			return runner.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Template, "template", "", runner.TemplateUsage)
	cmd.Flags().StringVar(&o.State, "state", "", runner.StateUsage)
	cmd.Flags().StringArrayVar(&beside, "beside", nil, runner.BesideUsage)
	return cmd
}

// consoleProgram returns the shell command that serves the console beside the service. It runs this program.
func consoleProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the program of the console: %w", err)
	}
	return "exec '" + strings.ReplaceAll(self, "'", `'\''`) + "' --local console --beside", nil
}

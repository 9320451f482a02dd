// Package runner runs a service on this machine: what CDK synthesized, on DynamoDB Local, with the functions' own
// bootstraps. See ../README.md.
package runner

import (
	"context"
	"os"
)

// Main runs the service with the arguments of a command line until the context ends.
func Main(ctx context.Context, args []string) error {
	c, err := configure(args, os.Getenv)
	if err != nil {
		return err
	}
	r := &runner{config: c, out: os.Stdout, errOut: os.Stderr}
	defer r.stop() //nolint:contextcheck // ctx has ended by then; what is under way gets its own time
	if err := r.start(ctx); err != nil {
		return err
	}
	return r.wait(ctx)
}

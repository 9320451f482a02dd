// Package runner runs a service on this machine: what CDK synthesized, on DynamoDB Local, with the functions' own
// bootstraps. Start with [Run]; [Main] is the same for a command line. See ../README.md.
package runner

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
)

// Options are what a command line says. What the environment says is added to it, see docs/configuration.md.
type Options struct {
	// Template is a synthesized folder to run. If empty, the module's functions and CDK app are built, and the app is run.
	Template string
	// State is the folder of what is kept between runs. If empty, it is .local of the module.
	State string
	// Beside are programs that answer below a path.
	Beside []Beside
}

// Run runs the service of the module that the working directory is in, until the context ends.
func Run(ctx context.Context, o Options) error {
	c, err := configure(o, os.Getenv)
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

// Main is Run with the arguments of a command line.
func Main(ctx context.Context, args []string) error {
	var o Options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.Template, "template", "", TemplateUsage)
	flags.StringVar(&o.State, "state", "", StateUsage)
	flags.Func("beside", BesideUsage, func(text string) error {
		b, err := ParseBeside(text)
		o.Beside = append(o.Beside, b)
		return err
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(os.Stderr)
		flags.Usage()
		return nil
	} else if err != nil {
		return err
	}
	return Run(ctx, o)
}

// What the flags of a command line mean.
const (
	TemplateUsage = "run this synthesized `FOLDER` instead of building and synthesizing"
	StateUsage    = "`FOLDER` of what is kept between runs (default: .local of the module)"
	BesideUsage   = "`PATH=COMMAND`: have a program answer below a path, such as '/_mail=./mail'; may be repeated"
)

// Package runner runs a service on this machine: the synthesized template, on DynamoDB Local, with the functions' own
// binaries. Start with [Run]; [Main] is the same for a command line. See ../README.md.
package runner

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
)

// Options are the options of a command line. The environment has further settings, see docs/configuration.md.
type Options struct {
	// Template is a synthesized folder to run. If empty, Run builds the module's functions and CDK app, and runs the
	// app.
	Template string
	// State is the folder for everything that is kept between runs. If empty, it is .local in the module.
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
	defer r.stop() //nolint:contextcheck // ctx has ended by then; work in progress gets its own time
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

// Usage texts of the command line's flags.
const (
	TemplateUsage = "run this synthesized `FOLDER` instead of building and synthesizing"
	StateUsage    = "`FOLDER` for everything that is kept between runs (default: .local in the module)"
	BesideUsage   = "`PATH=COMMAND`: have a program answer below a path, such as '/_mail=./mail'; may be repeated"
)

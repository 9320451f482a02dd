// Command emulator deploys the service to ministack, a third-party emulator of AWS, and uses it as users and operators
// do: `make emulator`. It runs the CDK command line and the commands of docs/deploy.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		os.Exit(1)
	}
}

// command does the whole run or, with the argument app, is the CDK app that the CDK command line calls.
func command(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "app" {
		return app(ctx, args[1:])
	}
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	since := flags.String("since", "HEAD~1", "the commit to upgrade from")
	plant := flags.String("plant", "", "a fault to plant in the template, which the run must find: "+faultNames())
	judges := flags.String("judges", ".local/judges",
		"folder of the emulator and of the AWS command line, as make judges installs them")
	service := flags.String("tutorial", "", "folder of the service that .ci/tutorial writes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see emulator -h", flags.Arg(0))
	}
	if _, known := faults[*plant]; *plant != "" && !known {
		return fmt.Errorf("unknown fault %q: the faults are %s", *plant, faultNames())
	}
	dir, err := os.MkdirTemp("", "annals-emulator-")
	if err != nil {
		return err
	}
	r, err := begin(ctx, dir, *judges, *since, *plant)
	if err == nil {
		r.service = *service
		err = errors.Join(r.all(ctx), r.end())
	}
	if err != nil {
		return fmt.Errorf("%w (logs are in %s)", err, dir)
	}
	return os.RemoveAll(dir)
}

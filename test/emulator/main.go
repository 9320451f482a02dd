// Command emulator deploys the service to ministack, an emulator of AWS that others wrote, with the CDK command line and the
// commands of docs/deploy.md, and uses it as its users and operators do. Start with make emulator.
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

// command is either the whole run or, as the CDK command line calls it, the CDK app.
func command(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "app" {
		return app(ctx, args[1:])
	}
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	since := flags.String("since", "HEAD~1", "the commit to upgrade from")
	plant := flags.String("plant", "", "a fault to plant in the template, which the run must find: "+faultNames())
	judges := flags.String("judges", ".local/judges", "folder of the emulator and of the AWS command line, as make judges installs them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see emulator -h", flags.Arg(0))
	}
	if _, known := faults[*plant]; *plant != "" && !known {
		return fmt.Errorf("there is no fault %q to plant: there are %s", *plant, faultNames())
	}
	dir, err := os.MkdirTemp("", "annals-emulator-")
	if err != nil {
		return err
	}
	r, err := begin(ctx, dir, *judges, *since, *plant)
	if err == nil {
		err = errors.Join(r.all(ctx), r.end())
	}
	if err != nil {
		return fmt.Errorf("%w (logs are in %s)", err, dir)
	}
	return os.RemoveAll(dir)
}

// Local runs the system on this machine: what CDK synthesized, on DynamoDB Local, with the functions' own bootstraps.
//
//	go run ./local
//
// It builds the functions and synthesizes the template, unless -template names one. It knows the system by that template
// alone. See README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends us at once; every child ends with us, whatever ends us.
	context.AfterFunc(ctx, stop)
	err := run(ctx)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	c, err := configure(os.Args[1:], os.Getenv)
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

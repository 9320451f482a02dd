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

	"github.com/annals-es/annals/local/runner"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends us at once; every child ends with us, whatever ends us.
	context.AfterFunc(ctx, stop)
	err := runner.Main(ctx, os.Args[1:])
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

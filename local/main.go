// Local runs the service of the current module on this machine: the synthesized template, on DynamoDB Local, with the
// functions' own binaries.
//
//	go run ./local
//
// It builds the functions and synthesizes the template, unless -template names one. See README.md.
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
	// A second signal ends this process at once. Child processes end with it in any case.
	context.AfterFunc(ctx, stop)
	err := runner.Main(ctx, os.Args[1:])
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

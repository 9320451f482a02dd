// Command northwind sends 830 realistic orders through the service, and compares its read models with the files that
// they come from.
//
// `go run ./test/northwind -h` explains its flags. README.md says what is sent and what is compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes.
const (
	ok          = 0
	failed      = 1 // a command was refused, the service did not answer, or a figure differs
	misused     = 2
	interrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	patient := settings{every: 500 * time.Millisecond, limit: 20 * time.Minute}
	os.Exit(start(ctx, os.Args[1:], os.Getenv, patient, os.Stdout, os.Stderr))
}

// start runs the program and returns its exit code. Results go to out, progress and errors to progress.
func start(ctx context.Context, args []string, getenv func(string) string, s settings, out, progress io.Writer) int {
	opts, err := parse(args, getenv, progress)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ok
	case err != nil:
		fmt.Fprintln(progress, "northwind:", err)
		return misused
	}
	err = run(ctx, opts, s, out, progress)
	switch {
	case err == nil:
		return ok
	case ctx.Err() != nil:
		fmt.Fprintln(progress,
			"\nnorthwind: stopped: run it again to continue; commands that were stored are not stored twice")
		return interrupted
	default:
		fmt.Fprintln(progress, "northwind:", err)
		return failed
	}
}

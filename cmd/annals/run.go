package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// grace is how long a command has to stop after a signal.
const grace = 2 * time.Second

// run runs a command line and returns its exit code. A signal stops the command. If the command does not stop within
// its grace period, or a second signal comes, run returns without waiting for it.
func run(root *cobra.Command, stderr io.Writer, signals <-chan os.Signal) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	longer := make(chan time.Duration, 1)
	ctx = context.WithValue(ctx, graceKey{}, longer)
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = root.ExecuteContext(ctx)
	}()
	select {
	case <-done:
		if err != nil {
			fmt.Fprintln(stderr, "annals:", err)
		}
		return exitCode(err)
	case sig := <-signals:
		stop()
		grace := grace
		select {
		case grace = <-longer:
		default:
		}
		select {
		case <-done:
		case <-signals:
		case <-time.After(grace):
		}
		fmt.Fprintf(stderr, "annals: stopped by %s; changes made until then stay\n", name(sig))
		return signalCode(sig)
	}
}

// signalCode is the exit code of a command that a signal stopped. As in shells, it is 128 plus the signal's number.
func signalCode(sig os.Signal) int {
	if sig == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

func name(sig os.Signal) string {
	if sig == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}

// graceKey is the key of a context's grace period after a signal.
type graceKey struct{}

// waitLonger has a command that a signal stops take up to a time, instead of grace.
func waitLonger(ctx context.Context, upTo time.Duration) {
	if period, ok := ctx.Value(graceKey{}).(chan time.Duration); ok {
		period <- upTo
	}
}

// Java installs a Java runtime, which DynamoDB Local needs, if there is none. It does so only as root on Debian;
// elsewhere it says which command to run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/annals-es/annals/internal/debian"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := debian.EnsureJava(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

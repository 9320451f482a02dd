// Postgres installs PostgreSQL, which the tests of read models in SQL need, if there is none. It does so only as root
// on Debian; elsewhere it says which command to run.
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
	if err := debian.EnsurePostgres(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

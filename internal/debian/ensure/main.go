// Ensure installs what it is asked for, if that is missing: java, which DynamoDB Local and OpenSearch need, maven,
// which fetches OpenSearch, postgres, which the tests of read models in SQL need, or redis, which those of read models
// in Valkey need. It does so only as root on Debian; elsewhere it says which command to run.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/annals-es/annals/internal/debian"
)

var known = map[string]func(context.Context, io.Writer) error{
	"java": debian.EnsureJava, "maven": debian.EnsureMaven,
	"postgres": debian.EnsurePostgres, "redis": debian.EnsureRedis,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, name := range os.Args[1:] {
		ensure, is := known[name]
		if !is {
			fmt.Fprintf(os.Stderr, "ensure: nothing is known of %q: ask for java, maven, postgres or redis\n", name)
			os.Exit(2) //nolint:gocritic // nothing is left to stop
		}
		if err := ensure(ctx, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

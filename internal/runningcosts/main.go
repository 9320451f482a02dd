// Command runningcosts counts what the running service spends on DynamoDB: `make running-costs`. It starts everything that a
// stack has, sends commands over HTTP as one client does, and counts at the wire what all functions send to all tables,
// until nothing moves any more. docs/performance.md has what it found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/annals-es/annals/internal/dynamolocal"
	"github.com/annals-es/annals/internal/servicetest"
)

func main() {
	root := flag.String("root", "", "the checkout to measure (default: this one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := measure(ctx, *root)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "runningcosts:", err)
		os.Exit(1)
	}
}

// measure runs the service of a checkout and prints a table of what was counted.
func measure(ctx context.Context, checkout string) (err error) {
	dir, err := os.MkdirTemp("", "annals-costs-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(dir)
			return
		}
		err = fmt.Errorf("%w (logs are in %s)", err, dir)
	}()
	here, err := dynamolocal.Root()
	if err != nil {
		return err
	}
	if checkout == "" {
		checkout = here
	}
	if checkout, err = filepath.Abs(checkout); err != nil {
		return err
	}
	built, err := servicetest.Build(ctx, checkout, dir)
	if err != nil {
		return err
	}
	db, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dynamolocal.Dir(here)})
	if err != nil {
		return err
	}
	counter, err := count(ctx, db.Endpoint)
	if err != nil {
		return errors.Join(err, db.Stop())
	}
	service, err := built.Start(ctx, "DYNAMODB_ENDPOINT="+counter.address)
	if err != nil {
		return errors.Join(err, counter.stop(), db.Stop())
	}
	table, err := client{service.Base}.run(ctx, counter)
	fmt.Print(table)
	return errors.Join(err, service.Stop(), counter.stop(), db.Stop())
}

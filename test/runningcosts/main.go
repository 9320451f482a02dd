// Command runningcosts measures what the running service spends on DynamoDB: `make running-costs`. It starts the whole
// service, sends commands over HTTP from one client, and counts the requests of all functions to all tables until no
// more are sent. docs/performance.md has the results.
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

	"github.com/annals-es/annals/test/internal/servicetest"
)

func main() {
	root := flag.String("root", "", "the checkout to measure (default: this one)")
	said := flag.String("page", "docs/performance.md", "the page with the documented costs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := measure(ctx, *root, *said)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "runningcosts:", err)
		os.Exit(1)
	}
}

// measure runs the service of a checkout, once with each setting. It prints tables of the costs, and compares them
// with a page.
func measure(ctx context.Context, checkout, file string) error {
	said, err := readPage(file)
	if err != nil {
		return err
	}
	if checkout != "" {
		if checkout, err = filepath.Abs(checkout); err != nil {
			return err
		}
	}
	var out table
	var errs []error
	for _, part := range []struct {
		settings string
		measures []operation
	}{{`{}`, commands}, {shortDeadline, deadlines}} {
		err := errors.Join(os.Setenv("CDK_CONTEXT_JSON", part.settings), run(ctx, checkout, said, part.measures, &out))
		errs = append(errs, err)
	}
	fmt.Print(out)
	return errors.Join(errs...)
}

// run runs the service once.
func run(ctx context.Context, checkout string, said page, all []operation, out *table) (err error) {
	var counter *counter
	between := func(endpoint string) (address string, err error) {
		if counter, err = count(ctx, endpoint); err != nil {
			return "", err
		}
		return counter.address, nil
	}
	err = servicetest.On(ctx, checkout, servicetest.InMemory, between, func(s *servicetest.Service) error {
		return client{s.Base}.run(ctx, counter, said, all, out)
	})
	if counter != nil {
		err = errors.Join(err, counter.stop())
	}
	return err
}

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

// measure runs the service of a checkout, prints a table of the costs, and compares it with a page.
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
	var counter *counter
	between := func(endpoint string) (address string, err error) {
		if counter, err = count(ctx, endpoint); err != nil {
			return "", err
		}
		return counter.address, nil
	}
	err = servicetest.On(ctx, checkout, servicetest.InMemory, between, func(s *servicetest.Service) error {
		table, err := client{s.Base}.run(ctx, counter, said)
		fmt.Print(table)
		return err
	})
	if counter != nil {
		err = errors.Join(err, counter.stop())
	}
	return err
}

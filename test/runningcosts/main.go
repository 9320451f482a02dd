// Command runningcosts counts what the running service spends on DynamoDB: `make running-costs`. It starts everything
// that a stack has, sends commands over HTTP as one client does, and counts at the wire what all functions send to all
// tables, until nothing moves any more. docs/performance.md has what it found.
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
	said := flag.String("page", "docs/performance.md", "the page that says what it costs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := measure(ctx, *root, *said)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "runningcosts:", err)
		os.Exit(1)
	}
}

// measure runs the service of a checkout, prints a table of what was counted, and compares it with a page.
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

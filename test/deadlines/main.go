// Command deadlines proves on the running service that deadlines are kept: `make deadlines`. It places orders of
// which most are not paid, kills what can be killed, and checks that each unpaid order was cancelled once. README.md
// describes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

type options struct {
	orders, clients int
	rate            float64
	within          time.Duration
	seed            uint64
	keep            bool
}

func main() {
	var o options
	flag.IntVar(&o.orders, "orders", 1000, "how many orders are placed with kills; as many are placed without")
	flag.IntVar(&o.clients, "clients", 8, "how many orders are placed at the same time")
	flag.Float64Var(&o.rate, "rate", 8, "how many orders are placed in a second, at most")
	flag.DurationVar(&o.within, "within", 5*time.Second, "the deadline of payments: less than 15 minutes")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64N(1_000_000), "seed of the random choices")
	flag.BoolVar(&o.keep, "keep", false, "keep tables and logs even if everything was as expected")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := deadlines(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "deadlines:", err)
		os.Exit(1)
	}
}

func deadlines(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "annals-deadlines-")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "seed %d, %d orders twice, deadline %v\n", o.seed, o.orders, o.within)
	started := time.Now()
	for _, part := range []struct {
		name, settings string
		run            func(context.Context, *stack, options, io.Writer) error
	}{
		{"short", fmt.Sprintf(`{"paymentDeadline":%q}`, o.within), shortDeadlines},
		{"long", `{}`, longDeadlines}, // 72 hours
	} {
		s, err := start(ctx, filepath.Join(dir, part.name), part.settings)
		if err == nil {
			err = part.run(ctx, s, o, out)
		}
		if err = errors.Join(err, s.stop()); err != nil {
			return fmt.Errorf("%s deadlines: %w (tables and logs are in %s)", part.name, err, dir)
		}
	}
	fmt.Fprintf(out, "everything as expected, in %.0f s\n", time.Since(started).Seconds())
	if o.keep {
		fmt.Fprintln(out, "tables and logs are in", dir)
		return nil
	}
	return os.RemoveAll(dir)
}

// shortDeadlines places orders, first in peace and then with kills. It checks both.
func shortDeadlines(ctx context.Context, s *stack, o options, out io.Writer) error {
	if err := s.furnish(ctx); err != nil {
		return err
	}
	for _, kills := range []bool{false, true} {
		name := map[bool]string{false: "calm", true: "kills"}[kills]
		m := &market{stack: s, name: name, options: o}
		m.run(ctx, kills)
		if err := m.failed(); err != nil {
			return err
		}
		found, err := m.await(ctx)
		if err != nil {
			return err
		}
		found.print(out, name, m)
		if err := found.violations(); err != nil {
			return err
		}
	}
	return nil
}

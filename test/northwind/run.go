package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/check"
	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
	"github.com/annals-es/annals/test/northwind/internal/importer"
	"github.com/annals-es/annals/test/northwind/internal/progress"
)

// settings are set by tests only.
type settings struct {
	client client.Config
	every  time.Duration // the pause between two comparisons
	limit  time.Duration // how long to wait for read models that change but never become equal
}

// run imports, unless the flag check is set, and compares.
func run(ctx context.Context, o options, s settings, out, bars io.Writer) error {
	nw, err := data.Load()
	if err != nil {
		return err
	}
	want, err := expect.From(nw)
	if err != nil {
		return err
	}
	service, err := client.New(o.url, s.client)
	if err != nil {
		return err
	}
	if err := service.Reachable(ctx); err != nil {
		return err
	}
	if !o.check {
		if err := send(ctx, o, service, nw, out, bars); err != nil {
			return err
		}
	}
	return compare(ctx, check.Checker{
		Client: service, Want: want, Stores: strings.Split(o.stores, ","), AtOnce: o.atOnce, Every: s.every, Patience: o.patience, Limit: s.limit,
		Note: func(line string) { fmt.Fprintln(bars, line) },
	}, out)
}

// send imports the files and prints the throughput.
func send(ctx context.Context, o options, service *client.Client, nw data.Northwind, out, bars io.Writer) error {
	started := time.Now()
	products, orders := progress.New(bars, "products", len(nw.Products)), progress.New(bars, "orders", len(nw.Orders))
	in := importer.Importer{Sender: service, AtOnce: o.atOnce, Products: products, Orders: orders}
	err := in.Run(ctx, nw)
	products.Close()
	orders.Close()
	t, took := in.Tally(), time.Since(started).Seconds()
	fmt.Fprintf(out, "%d orders in: %d commands, %d events stored, %.1f s, %.0f commands/s, %.0f events/s, %d requests "+
		"sent again\n",
		t.Orders, t.Commands, t.Events, took, float64(t.Commands)/took, float64(t.Events)/took, service.Repeats())
	return err
}

// compare compares every figure and prints the result.
func compare(ctx context.Context, c check.Checker, out io.Writer) error {
	started := time.Now()
	result, err := c.Run(ctx)
	var unequal *check.UnequalError
	if errors.As(err, &unequal) {
		return errors.Join(err, unequal.Table(out))
	}
	if err != nil {
		return err
	}
	if len(result.Foreign) > 0 {
		fmt.Fprintf(out, "not compared, since the files do not have them: %s\n", strings.Join(result.Foreign, ", "))
	}
	fmt.Fprintf(out, "every total equal: %d figures of %d orders, %d products and %d customers compared in %.1f s\n",
		result.Figures, len(c.Want.Orders), len(c.Want.Products), len(c.Want.Customers), time.Since(started).Seconds())
	return nil
}

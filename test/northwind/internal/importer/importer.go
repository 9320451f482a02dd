// Package importer sends the Northwind files through the service, one command at a time, with Idempotency-Keys that make a second run
// change nothing.
package importer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
)

// Sender sends one command until it is answered.
type Sender interface {
	Send(ctx context.Context, cmd client.Command) (client.Answer, error)
}

// Bar is told of each product and order that is in. It is called from many goroutines.
type Bar interface{ Add() }

// Importer sends the files' commands.
type Importer struct {
	Sender   Sender
	AtOnce   int // products or orders at a time, at least 1
	Products Bar
	Orders   Bar

	commands, events, orders atomic.Int64
}

// Tally is what an import came to so far.
type Tally struct {
	Orders   int // complete ones
	Commands int // that were answered
	Events   int // in those answers; a repeated command answers with the events that it stored the first time
}

// Tally tells how far the import has come.
func (i *Importer) Tally() Tally {
	return Tally{Orders: int(i.orders.Load()), Commands: int(i.commands.Load()), Events: int(i.events.Load())}
}

// Run sends the products, then the orders, ascending by id, several at a time; the commands of one product or order go one after the
// other. It ends at the first command that the service refuses, or with the context.
func (i *Importer) Run(ctx context.Context, nw data.Northwind) error {
	shipped := unitsShipped(nw)
	err := i.each(ctx, len(nw.Products), i.Products, func(ctx context.Context, n int) error {
		p := nw.Products[n]
		return i.send(ctx, productCommands(p, shipped[p.ID], nw.FirstDay()))
	})
	if err != nil {
		return err
	}
	return i.each(ctx, len(nw.Orders), i.Orders, func(ctx context.Context, n int) error {
		commands, err := orderCommands(nw.Orders[n])
		if err != nil {
			return fmt.Errorf("order %s: %w", nw.Orders[n].ID, err)
		}
		if err := i.send(ctx, commands); err != nil {
			return err
		}
		i.orders.Add(1)
		return nil
	})
}

// each does what do does for 0 to n-1, started in this order, AtOnce at a time.
func (i *Importer) each(ctx context.Context, n int, bar Bar, do func(ctx context.Context, n int) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(i.AtOnce)
	for k := range n {
		if running.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := do(running, k); err != nil {
				return err
			}
			bar.Add()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err() // ended between two of them
}

// send sends commands one after the other.
func (i *Importer) send(ctx context.Context, commands []client.Command) error {
	for _, cmd := range commands {
		answer, err := i.Sender.Send(ctx, cmd)
		if err != nil {
			return explain(err)
		}
		i.commands.Add(1)
		i.events.Add(int64(len(answer.Events)))
	}
	return nil
}

// explain says what a refusal may come from, where it has one likely cause.
func explain(err error) error {
	var refused *client.StatusError
	if errors.As(err, &refused) && refused.Problem() == "already-exists" {
		return fmt.Errorf("%w\nthis id was taken by another command: by another client's, or by an earlier import whose keys the service no longer "+
			"remembers (it does for 24 hours): -check compares without importing, `make run FRESH=1` starts empty", err)
	}
	return err
}

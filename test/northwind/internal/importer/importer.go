// Package importer sends the Northwind files to the service as commands. Start with [Importer.Run]. The
// Idempotency-Keys are the same in every run, so a second run changes nothing.
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

// Bar counts the products or orders that were imported. Add is called from many goroutines.
type Bar interface{ Add() }

// Importer sends the files' commands.
type Importer struct {
	Sender   Sender
	AtOnce   int // concurrent products or orders, at least 1
	Products Bar
	Orders   Bar

	commands, events, orders atomic.Int64
}

// Tally counts what an import has done so far.
type Tally struct {
	Orders   int // complete orders
	Commands int // answered commands
	Events   int // events in those answers; a repeated command answers with the events that it stored the first time
}

// Tally returns the current counts.
func (i *Importer) Tally() Tally {
	return Tally{Orders: int(i.orders.Load()), Commands: int(i.commands.Load()), Events: int(i.events.Load())}
}

// Run sends the products, then the orders, ascending by id and several at a time. The commands of one product or order
// are sent one after the other. Run ends at the first command that the service refuses, or with the context.
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

// each calls do for 0 to n-1, in this order, AtOnce at a time.
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
	return ctx.Err() // the context may have ended between two calls
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

// explain adds the likely cause to a refusal, if there is one.
func explain(err error) error {
	var refused *client.StatusError
	if errors.As(err, &refused) && refused.Problem() == "already-exists" {
		return fmt.Errorf("%w\nthe id was created by another client, or by an import more than 24 hours ago, whose keys the "+
			"service has forgotten: -check compares without importing, `make run FRESH=1` starts with empty tables", err)
	}
	return err
}

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// maxSegments is the most segments that are compared at once: each is an invocation of the function.
	maxSegments = 100
	// attempts is how often a function is asked for a part of a segment while it is throttled, or fails.
	attempts = 6
	// maxRepeats is how many invocations may work on the same page: a long stream takes several.
	maxRepeats = 20
)

// reconcile has a function compare all segments, each until it has ended, and returns what it found in all.
func (o *operator) reconcile(ctx context.Context, f annalsaws.Function, in ask.Request) (projection.Reconciled, error) {
	var (
		sum projection.Reconciled
		mu  sync.Mutex
	)
	all, ctx := errgroup.WithContext(ctx)
	for segment := range in.Of {
		all.Go(func() error {
			next := in
			next.Task, next.Segment = ask.Reconcile, segment
			one, err := o.reconcileSegment(ctx, f, next)
			mu.Lock()
			defer mu.Unlock()
			sum.Add(one)
			if err != nil {
				return fmt.Errorf("reconcile segment %d of %d: %w", segment, in.Of, err)
			}
			return nil
		})
	}
	err := all.Wait()
	return sum, err
}

// reconcileSegment has a function compare a segment until it has ended.
//
// Errors: those of again; a function that does not get on.
func (o *operator) reconcileSegment(
	ctx context.Context, f annalsaws.Function, in ask.Request,
) (sum projection.Reconciled, err error) {
	for repeats := 0; in.Position != es.End; {
		out, err := o.again(ctx, f, in)
		if err != nil {
			return sum, err
		}
		found := out.Reconciled
		if repeats++; found.Position != in.Position {
			repeats = 0
		} else if found.Units > 0 {
			found.Left = 0 // they are counted when the page is completed
		}
		sum.Add(found.Reconciled)
		switch {
		case repeats > 1 && found.Units == 0 && found.Healed == 0:
			return sum, fmt.Errorf("the %s function had no time to read a page: raise its timeout", f)
		case repeats == maxRepeats:
			return sum, fmt.Errorf("the %s function could not complete a page in %d invocations, and leaves the rest to its "+
				"queue: give the command again later", f, repeats)
		}
		in.Position = found.Position
	}
	return sum, nil
}

// again asks a function, and asks again after a pause while it is throttled or its invocation fails.
//
// Errors: those of [functions.Client.Ask].
func (o *operator) again(ctx context.Context, f annalsaws.Function, in ask.Request) (*ask.Answer, error) {
	for attempt := 1; ; attempt++ {
		out, err := o.functions.Ask(ctx, f, in)
		if err == nil || attempt == attempts || !functions.MayPass(err) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(o.pause << (attempt - 1)):
		}
	}
}

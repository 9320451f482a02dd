package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/es"
)

// retriers is how many streams are retried concurrently.
const retriers = 4

func (c *cli) retryParked(cmd *cobra.Command, args []string) error {
	var stream es.StreamID
	if len(args) == 2 {
		var err error
		if stream, err = streamArg(args[1]); err != nil {
			return err
		}
	}
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	out := struct {
		Tried int `json:"tried"`
		Left  int `json:"left"`
	}{Tried: 1}
	tried := []retried{{stream: stream}}
	if len(args) < 2 {
		tried, err = o.retryAll(cmd.Context(), args)
		out.Tried = len(tried)
	} else {
		tried[0].projection = args[0]
		err = o.RetryStream(cmd.Context(), stream, args[0])
	}
	failed := err
	if failed != nil && !isApart(failed) {
		return failed
	}
	for w, err := range o.Parked(cmd.Context(), args[:min(len(args), 1)]...) {
		if isApart(err) {
			failed = err
			break
		}
		if err != nil {
			return err
		}
		if len(args) < 2 || w.Stream == stream {
			out.Left++
		}
	}
	err = c.show(cmd, out, func(w io.Writer) { fmt.Fprintf(w, "retried %d, %d still parked\n", out.Tried, out.Left) })
	if err == nil && out.Left > 0 {
		return errors.Join(
			found("%d streams are still parked: `annals parked show` shows the reason", out.Left), failed)
	}
	if err != nil {
		return err
	}
	for _, one := range tried {
		behind, err := o.behind(cmd.Context(), one.stream, []string{one.projection})
		if behind != "" {
			return errors.Join(found("%s is still behind in %s", one.stream, behind), failed)
		}
		if err != nil && !isApart(err) {
			return err
		}
		failed = cmp.Or(failed, err)
	}
	return failed
}

// retried is a stream that was retried in a projection.
type retried struct {
	projection string
	stream     es.StreamID
}

// retryAll retries all parked streams of the named projections, or of all projections if there are no names. It returns
// those that it retried.
//
// Errors: those of [operator.Parked] and [operator.RetryStream]. If all others are retried, one of read models in other
// stores: see [isApart].
func (o *operator) retryAll(ctx context.Context, names []string) ([]retried, error) {
	waiting := map[retried]bool{} // a stream may be parked in several generations
	var (
		mu     sync.Mutex
		failed error
	)
	for w, err := range o.Parked(ctx, names...) {
		if isApart(err) {
			failed = err
			break
		}
		if err != nil {
			return nil, err
		}
		waiting[retried{w.Projection, w.Stream}] = true
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(retriers)
	for p := range waiting {
		all.Go(func() error {
			err := o.RetryStream(ctx, p.stream, p.projection)
			switch {
			case isApart(err): // the others are still retried
				mu.Lock()
				defer mu.Unlock()
				failed = err
			case err != nil:
				return fmt.Errorf("retry %s in %s: %w", p.stream, p.projection, err)
			}
			return nil
		})
	}
	err := all.Wait()
	return slices.Collect(maps.Keys(waiting)), cmp.Or(err, failed)
}

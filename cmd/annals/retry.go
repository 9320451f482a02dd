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
	tried, failed := o.retry(cmd.Context(), args, stream)
	if failed != nil && !isApart(failed) {
		return failed
	}
	out := struct {
		Tried int `json:"tried"`
		Left  int `json:"left"`
	}{Tried: len(tried)}
	for w, err := range o.Parked(cmd.Context(), args[:min(len(args), 1)]...) {
		if err != nil {
			failed = err
			break
		}
		if len(args) < 2 || w.Stream == stream {
			out.Left++
		}
	}
	if failed != nil && !isApart(failed) {
		return failed
	}
	err = c.show(cmd, out, func(w io.Writer) { fmt.Fprintf(w, "retried %d, %d still parked\n", out.Tried, out.Left) })
	if err == nil && out.Left > 0 {
		return errors.Join(
			found("%d streams are still parked: `annals parked show` shows the reason", out.Left), failed)
	}
	if err != nil {
		return err
	}
	return o.noneBehind(cmd.Context(), tried, failed)
}

// retried is a stream that was retried in a projection.
type retried struct {
	projection string
	stream     es.StreamID
}

// retry retries a stream in a projection if both are given, else all parked streams. It returns what it retried.
//
// Errors: those of [operator.RetryStream] and [operator.retryAll].
func (o *operator) retry(ctx context.Context, args []string, stream es.StreamID) ([]retried, error) {
	if len(args) < 2 {
		return o.retryAll(ctx, args)
	}
	return []retried{{args[0], stream}}, o.RetryStream(ctx, stream, args[0])
}

// noneBehind checks that no stream is behind that was retried. failed is why some were not retried.
//
// Errors: findings; failed; those of [operator.behind].
func (o *operator) noneBehind(ctx context.Context, tried []retried, failed error) error {
	for _, one := range tried {
		behind, err := o.behind(ctx, one.stream, []string{one.projection})
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

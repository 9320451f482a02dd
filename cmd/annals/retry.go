package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

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
	if len(args) < 2 {
		out.Tried, err = o.retryAll(cmd.Context(), args)
	} else {
		err = o.RetryStream(cmd.Context(), stream, args[0])
	}
	if err != nil {
		return err
	}
	for w, err := range o.Parked(cmd.Context(), args[:min(len(args), 1)]...) {
		if err != nil {
			return err
		}
		if len(args) < 2 || w.Stream == stream {
			out.Left++
		}
	}
	err = c.show(cmd, out, func(w io.Writer) { fmt.Fprintf(w, "retried %d, %d still parked\n", out.Tried, out.Left) })
	if err == nil && out.Left > 0 {
		return found("%d streams are still parked: `annals parked show` shows the reason", out.Left)
	}
	return err
}

// retryAll retries all parked streams of the named projections, or of all projections if there are no names. It returns
// how many it retried.
func (o *operator) retryAll(ctx context.Context, names []string) (int, error) {
	type place struct {
		projection string
		stream     es.StreamID
	}
	waiting := map[place]bool{} // a stream may be parked in several generations
	for w, err := range o.Parked(ctx, names...) {
		if err != nil {
			return 0, err
		}
		waiting[place{w.Projection, w.Stream}] = true
	}
	var tried atomic.Int64
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(retriers)
	for p := range waiting {
		all.Go(func() error {
			if err := o.RetryStream(ctx, p.stream, p.projection); err != nil {
				return fmt.Errorf("retry %s in %s: %w", p.stream, p.projection, err)
			}
			tried.Add(1)
			return nil
		})
	}
	err := all.Wait()
	return int(tried.Load()), err
}

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

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
	for _, one := range tried {
		if err != nil {
			return err
		}
		var behind string
		if behind, err = o.behind(cmd.Context(), one.stream, []string{one.projection}); behind != "" {
			return found("%s is still behind in %s", one.stream, behind)
		}
	}
	return err
}

// retried is a stream that was retried in a projection.
type retried struct {
	projection string
	stream     es.StreamID
}

// retryAll retries all parked streams of the named projections, or of all projections if there are no names. It returns
// those that it retried.
func (o *operator) retryAll(ctx context.Context, names []string) ([]retried, error) {
	waiting := map[retried]bool{} // a stream may be parked in several generations
	for w, err := range o.Parked(ctx, names...) {
		if err != nil {
			return nil, err
		}
		waiting[retried{w.Projection, w.Stream}] = true
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(retriers)
	for p := range waiting {
		all.Go(func() error {
			if err := o.RetryStream(ctx, p.stream, p.projection); err != nil {
				return fmt.Errorf("retry %s in %s: %w", p.stream, p.projection, err)
			}
			return nil
		})
	}
	return slices.Collect(maps.Keys(waiting)), all.Wait()
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
)

func (c *cli) healCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "heal STREAM [PROJECTION]",
		Aliases: []string{"catch-up"},
		Short:   "Catch up a stream in one projection, or in all that read it",
		Long: "Catch up a stream in one projection, or in all that read it: the function applies the events that it has not applied.\n" +
			"It retries a parked stream only if its code is another build than the one that parked it. `annals parked retry` retries\n" +
			"it in any case. Exit code 3: the stream is parked, or the function ran out of time and put the rest into its " +
			"queue.",
		Example:           "  annals --local heal Order#o-1\n  annals --local heal Order#o-1 orders",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: c.completeProjection(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			stream, err := streamArg(args[0])
			if err != nil {
				return err
			}
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			failed := o.CatchUp(cmd.Context(), stream, args[1:]...)
			if failed != nil && !isApart(failed) {
				return failed
			}
			in, err := o.parkedIn(cmd.Context(), stream, args[1:])
			if in != "" {
				return errors.Join(found("%s is parked in %s: `annals parked show %s %s` shows the reason", stream, in,
					in, stream), failed)
			}
			if err != nil && !isApart(err) { // else the check below fails too
				return err
			}
			behind, err := o.behind(cmd.Context(), stream, args[1:])
			if behind != "" {
				return errors.Join(found("%s is still behind in %s", stream, behind), failed)
			}
			if err = cmp.Or(failed, err); err != nil {
				return err
			}
			done := struct {
				Stream     string `json:"stream"`
				Projection string `json:"projection,omitempty"`
				Level      bool   `json:"level"`
			}{stream.String(), arg(args, 1), true}
			return c.show(cmd, done, func(w io.Writer) { fmt.Fprintf(w, "%s is up to date\n", stream) })
		},
	}
}

// parkedIn returns a projection in which a stream is parked, of those that are named or, if none is, of all. "" = none.
//
// Errors: those of [operator.Parked].
func (o *operator) parkedIn(ctx context.Context, stream es.StreamID, names []string) (string, error) {
	for w, err := range o.Parked(ctx, names...) {
		if err != nil {
			return "", err
		}
		if w.Stream == stream {
			return w.Projection, nil
		}
	}
	return "", nil
}

// arg returns the i-th argument, "" if there is none.
func arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// streamArg reads a stream's name.
func streamArg(text string) (es.StreamID, error) {
	stream, err := es.ParseStreamID(text)
	if err != nil {
		return stream, usageError{err}
	}
	return stream, nil
}

// completionTimeout is how long shell completion waits for the service.
const completionTimeout = 2 * time.Second

// completeProjection completes the argument at an index with the names of the service's projections. It completes
// nothing if the command line does not say where the service is, or if the service can't be found in time.
func (c *cli) completeProjection(index int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != index || c.file == "-" {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		l, err := c.find(ctx, nil)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return projectionNames(l), cobra.ShellCompDirectiveNoFileComp
	}
}

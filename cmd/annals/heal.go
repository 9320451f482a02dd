package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
)

func (c *cli) healCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "heal STREAM [PROJECTION]",
		Aliases: []string{"catch-up"},
		Short:   "Bring a stream level in one projection, or in all that read it",
		Long: "Bring a stream level in one projection, or in all that read it: what was never delivered is read from the events.\n" +
			"A stream that waits is tried again only by another build of the code than parked it; `annals parked retry` does so in any case.\n" +
			"Exit code 3: it waits, or the function had not enough time and leaves the rest to its queue.",
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
			if err := o.CatchUp(cmd.Context(), stream, args[1:]...); err != nil {
				return err
			}
			for w, err := range o.Parked(cmd.Context(), args[1:]...) {
				if err != nil {
					return err
				}
				if w.Stream == stream {
					return found("%s waits in %s: `annals parked show` says why", stream, w.Projection)
				}
			}
			behind, err := o.behind(cmd.Context(), stream, args[1:])
			if err != nil {
				return err
			}
			if behind != "" {
				return found("%s is not level in %s yet: the function's time was over, and its queue has the rest", stream, behind)
			}
			done := struct {
				Stream     string `json:"stream"`
				Projection string `json:"projection,omitempty"`
				Level      bool   `json:"level"`
			}{stream.String(), arg(args, 1), true}
			return c.show(cmd, done, func(w io.Writer) { fmt.Fprintf(w, "%s is level\n", stream) })
		},
	}
}

// behind returns a projection that left the rest of a stream to its queue, of those that are named or, if none is, of
// all. "" = none did.
//
// Errors: those of [projection.Engine.StreamProgress].
func (o *operator) behind(ctx context.Context, stream es.StreamID, names []string) (string, error) {
	for _, e := range o.Engines() {
		reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream})
		if err != nil {
			return "", err
		}
		for _, one := range reached {
			if one.Checkpoint.Behind && (len(names) == 0 || slices.Contains(names, one.Projection)) {
				return one.Projection, nil
			}
		}
	}
	return "", nil
}

// arg is an argument, "" if it is not given.
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

// completionTimeout is how long a completion may look for the service.
const completionTimeout = 2 * time.Second

// completeProjection completes the argument at an index with the names of the service's projections, if the command line
// says where the service is, and its place answers in time.
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

package main

import (
	"fmt"
	"io"

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
			"Exit code 3: it waits.",
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
			done := struct {
				Stream     string `json:"stream"`
				Projection string `json:"projection,omitempty"`
				Level      bool   `json:"level"`
			}{stream.String(), arg(args, 1), true}
			return c.show(cmd, done, func(w io.Writer) { fmt.Fprintf(w, "%s is level\n", stream) })
		},
	}
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

// completeProjection completes the argument at an index with the names of projections, which the code knows.
func (c *cli) completeProjection(index int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != index {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return projectionNames(), cobra.ShellCompDirectiveNoFileComp
	}
}

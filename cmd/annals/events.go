package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
)

func (c *cli) eventsCommand() *cobra.Command {
	var from, to int64
	cmd := &cobra.Command{
		Use: "events STREAM", Short: "Show the events of a stream",
		Long: "Show the events of a stream, commit by commit. The events of a commit were stored together.",
		Example: "  annals --local events Order#o-1\n" +
			"  annals --local events Order#o-1 --from 3 --output json | jq .events[].type",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if from < 0 || to < 0 || to > 0 && to < from {
				return usage("--from %d --to %d: want versions of 1 or more, --from not above --to", from, to)
			}
			stream, err := streamArg(args[0])
			if err != nil {
				return err
			}
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			return c.printCommits(cmd, s.Events(cmd.Context(), stream, from, to))
		},
	}
	cmd.Flags().Int64Var(&from, "from", 0, "the first version to show, 0 = the stream's first")
	cmd.Flags().Int64Var(&to, "to", 0, "the last version to show, 0 = the stream's last")
	return cmd
}

// printCommit prints a commit: a line about it, and one for each event.
func (c *cli) printCommit(cmd *cobra.Command, commit *inspect.Commit) error {
	return c.show(cmd, commit, func(w io.Writer) { writeCommit(w, commit) })
}

func writeCommit(w io.Writer, c *inspect.Commit) {
	fmt.Fprintf(w, "%s@%d  %s", visible(c.Stream, false), c.LastVersion, stamp(c.At))
	if c.OccurredAt != nil {
		fmt.Fprintf(w, "  occurred %s", stamp(*c.OccurredAt))
	}
	for _, about := range []struct{ name, value string }{
		{"by", c.Metadata.Actor}, {"correlation", c.Metadata.CorrelationID}, {"with", strings.Join(c.Siblings, " ")},
	} {
		if about.value != "" {
			fmt.Fprintf(w, "  %s %s", about.name, visible(about.value, false))
		}
	}
	fmt.Fprintln(w)
	for _, e := range c.Events {
		fmt.Fprintf(w, "  %d %s", e.Version, visible(e.Type, false))
		if e.Schema > 1 {
			fmt.Fprintf(w, " (schema %d)", e.Schema)
		}
		fmt.Fprintf(w, "  %s\n", visible(string(e.Data), false))
	}
}

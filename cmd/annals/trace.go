package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
)

func (c *cli) traceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "trace CORRELATION-ID", Short: "Follow one request: its commits, and when each projection applied them",
		Long: `Follow one request: its commits and those of reactions to it, and whether and when each projection applied
them. A checkpoint has only the time of the last commit that was applied, so the exact time is known until the
projection applies a later commit of the stream. Exit code 3: a projection has not applied a commit, or it is not known
because its store can't be read.

` + wholeTable,
		Example: "  annals --local trace abb9e71e-fe71-4492-9311-48664a1a7016",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			trace, err := s.Trace(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if len(trace.Commits) == 0 {
				return fmt.Errorf("no commit has the correlation id %q: a request that changed nothing has no commit", args[0])
			}
			if err := c.show(cmd, trace, func(w io.Writer) { writeTrace(w, &trace) }); err != nil {
				return err
			}
			if slices.ContainsFunc(trace.Commits, func(t inspect.Traced) bool {
				return slices.ContainsFunc(t.Projections, func(a inspect.Applied) bool { return !a.Applied })
			}) {
				return found("a projection has not applied all commits of %q, or it is not known", args[0])
			}
			return nil
		},
	}
	c.unitsFlag(cmd)
	return cmd
}

func writeTrace(w io.Writer, trace *inspect.Trace) {
	for i := range trace.Commits {
		t := &trace.Commits[i]
		writeCommit(w, &t.Commit)
		writeReached(w, "    ", t.Projections, func(a inspect.Applied) string {
			if !a.Exact {
				return reached(a)
			}
			return fmt.Sprintf("%s, %d ms after", reached(a), a.At.Sub(t.At).Milliseconds())
		})
	}
}

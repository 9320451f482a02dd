package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
)

// wholeTable is the help text of all commands that read the whole event table.
const wholeTable = "It reads the whole event table, with half a read unit for each 4 KB. --units-per-second limits the rate.\n" +
	"Commits of the last second may be missing."

func (c *cli) unitsFlag(cmd *cobra.Command) {
	cmd.Flags().Float64Var(&c.units, "units-per-second", 0, "the most read units a second, 0 = no limit")
}

func (c *cli) streamsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "streams", Short: "List streams, or show a summary of one"}
	list := &cobra.Command{
		Use: "list [PREFIX]", Short: "List the streams whose names begin with a prefix",
		Long: "List the streams whose names begin with a prefix, in no order. Order# lists all orders, Order#2024- the orders whose\n" +
			"ids begin with 2024-.\n" + wholeTable,
		Example: "  annals --local streams list Order#", Args: cobra.MaximumNArgs(1), RunE: c.listStreams,
	}
	c.unitsFlag(list)
	cmd.AddCommand(list, &cobra.Command{
		Use:     "show STREAM",
		Short:   "Show a summary of a stream: versions, times, types of events, and the progress of projections",
		Example: "  annals --local streams show Order#o-1", Args: cobra.ExactArgs(1), RunE: c.showStream,
	})
	return cmd
}

func (c *cli) listStreams(cmd *cobra.Command, args []string) error {
	s, err := c.connect(cmd)
	if err != nil {
		return err
	}
	t := c.table(cmd, "STREAM", "VERSION", "COMMITS", "FIRST", "LAST")
	for one, err := range s.Streams(cmd.Context(), arg(args, 0)) {
		if err != nil {
			return errorAfter(t, err)
		}
		if err := t.row(one, one.Stream, one.Version, one.Commits, stamp(one.First), stamp(one.Last)); err != nil {
			return err
		}
	}
	return t.end()
}

// errorAfter ends a table with an error. The rows before the error are printed.
func errorAfter(t *table, err error) error {
	if failed := t.end(); failed != nil {
		return failed
	}
	return err
}

func (c *cli) showStream(cmd *cobra.Command, args []string) error {
	stream, err := streamArg(args[0])
	if err != nil {
		return err
	}
	s, err := c.connect(cmd)
	if err != nil {
		return err
	}
	one, err := s.Stream(cmd.Context(), stream)
	if err != nil {
		return err
	}
	applied, err := s.Applied(cmd.Context(), stream, one.Version)
	if err != nil {
		return err
	}
	out := struct {
		inspect.Stream
		Projections []inspect.Applied `json:"projections"`
	}{one, applied}
	return c.show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "%s  version %d, %d commits, %s to %s\n",
			one.Stream, one.Version, one.Commits, stamp(one.First), stamp(one.Last))
		for _, name := range slices.Sorted(maps.Keys(one.Types)) {
			fmt.Fprintf(w, "  %6d  %s\n", one.Types[name], name)
		}
		writeReached(w, "  ", applied, reached)
	})
}

// writeReached writes the progress of projections, a line each.
func writeReached(w io.Writer, indent string, all []inspect.Applied, say func(inspect.Applied) string) {
	rows := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for _, a := range all {
		name := shorten(visible(a.Projection, false), maxCell)
		if a.Unread != "" {
			fmt.Fprintf(rows, "%s%s\tin store %s\tnot known: %s\n", indent, name, a.Store, visible(a.Unread, false))
			continue
		}
		fmt.Fprintf(rows, "%s%s\tgeneration %d (%s)\t%s\n", indent, name, a.Generation, a.Status, say(a))
	}
	_ = rows.Flush() // an error of w is returned by the next write
}

// reached describes a projection's progress in a stream.
func reached(a inspect.Applied) string {
	line := ""
	switch {
	case a.Parked != nil:
		return line + fmt.Sprintf("parked before version %d: %s", a.Parked.Version, a.Parked.Reason)
	case !a.Applied:
		line += "not yet"
	case a.Unconcerned:
		line += "skipped: older than the reaction"
	case a.At == nil:
		line += "applied"
	case a.Exact:
		line += "applied at " + stamp(*a.At)
	default:
		line += "applied before " + stamp(*a.At)
	}
	if !a.Applied || !a.Exact {
		line += fmt.Sprintf(", is at version %d", a.Version)
	}
	if a.Behind {
		line += ", a catch-up is queued"
	}
	return line
}

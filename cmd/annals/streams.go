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

// wholeTable is said by all that reads it.
const wholeTable = "It reads the whole event table: half a read unit for each 4 KB. --units-per-second makes it slower and gentler.\n" +
	"What was stored within the last second may be missing."

func (c *cli) unitsFlag(cmd *cobra.Command) {
	cmd.Flags().Float64Var(&c.units, "units-per-second", 0, "the most read units a second, 0 = no limit")
}

func (c *cli) streamsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "streams", Short: "List streams, or show one as a whole"}
	list := &cobra.Command{
		Use: "list [PREFIX]", Short: "List the streams whose names begin with a prefix",
		Long:    "List the streams whose names begin with a prefix: Order# is all orders, Order#2024- those with such ids. In no order.\n" + wholeTable,
		Example: "  annals --local streams list Order#", Args: cobra.MaximumNArgs(1), RunE: c.listStreams,
	}
	c.unitsFlag(list)
	cmd.AddCommand(list, &cobra.Command{
		Use: "show STREAM", Short: "Show a stream as a whole: its versions, times, types of events, and how far the projections are",
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

// errorAfter ends a table with an error: what came before it is shown.
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
		fmt.Fprintf(w, "%s  version %d, %d commits, %s to %s\n", one.Stream, one.Version, one.Commits, stamp(one.First), stamp(one.Last))
		for _, name := range slices.Sorted(maps.Keys(one.Types)) {
			fmt.Fprintf(w, "  %6d  %s\n", one.Types[name], name)
		}
		writeReached(w, "  ", applied, reached)
	})
}

// writeReached writes how far projections are, a line each, below each other.
func writeReached(w io.Writer, indent string, all []inspect.Applied, say func(inspect.Applied) string) {
	rows := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for _, a := range all {
		name := shorten(visible(a.Projection, false), maxCell)
		fmt.Fprintf(rows, "%s%s\tgeneration %d (%s)\t%s\n", indent, name, a.Generation, a.Status, say(a))
	}
	_ = rows.Flush() // what is wrong with w shows at the next write
}

// reached is how far a projection is.
func reached(a inspect.Applied) string {
	line := ""
	switch {
	case a.Parked != nil:
		return line + fmt.Sprintf("waits before version %d: %s", a.Parked.Version, a.Parked.Reason)
	case !a.Applied:
		line += "not yet"
	case a.Unconcerned:
		line += "not concerned"
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
		line += ", waits for its catch-up"
	}
	return line
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

// pointFlags are the flags of a point in a stream's history.
type pointFlags struct {
	version int64
	asOf    string
}

// point reads the flags, whose names end in suffix. given is true if one of them was used.
func (p pointFlags) point(suffix string) (point es.Point, given bool, err error) {
	if p.version < 0 || p.version > 0 && p.asOf != "" {
		return point, false, usage("give one of --version%s, which is 1 or more, and --as-of%s", suffix, suffix)
	}
	point.Version = p.version
	if p.asOf != "" {
		if point.AsOf, err = time.Parse(time.RFC3339, p.asOf); err != nil || point.AsOf.IsZero() {
			return point, false, usage("--as-of%s %q: want a time in the form of RFC 3339, such as 2026-01-31T12:00:00Z", suffix,
				p.asOf)
		}
	}
	return point, point != (es.Point{}), nil
}

func (c *cli) stateCommand() *cobra.Command {
	var at, to pointFlags
	cmd := &cobra.Command{
		Use: "state STREAM", Short: "Show an aggregate's state, now or in the past, or what changed between two points",
		Long: `Show an aggregate's current state, or its state at a version or a time, folded from its events alone.

With --version-to or --as-of-to, show what changed from the first point to the second. A changed member is named by
its JSON Pointer: "/total/amount" is the member amount of {"total":{"amount":…}}. --diff shows what changed from the
first point until now.`,
		Example: "  annals --local state Order#o-1 --version 3\n" +
			"  annals --local state Order#o-1 --version 3 --version-to 5\n" +
			"  annals --local state Order#o-1 --as-of 2026-01-31T12:00:00Z --diff",
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.Int64Var(&at.version, "version", 0, "the state at this version, 0 = the current state")
	flags.StringVar(&at.asOf, "as-of", "", "the state that was recorded at this time (RFC 3339)")
	flags.Int64Var(&to.version, "version-to", 0, "show what changed until this version")
	flags.StringVar(&to.asOf, "as-of-to", "", "show what changed until this time (RFC 3339)")
	untilNow := flags.Bool("diff", false, "show what changed until now")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		from, _, err := at.point("")
		if err != nil {
			return err
		}
		until, given, err := to.point("-to")
		if err != nil {
			return err
		}
		if given && *untilNow {
			return usage("--diff compares with the current state: give --diff or a second point, not both")
		}
		stream, err := streamArg(args[0])
		if err != nil {
			return err
		}
		s, err := c.connect(cmd)
		if err != nil {
			return err
		}
		if given || *untilNow {
			return c.showDifferences(cmd, s.Inspector, stream, from, until)
		}
		state, err := s.State(cmd.Context(), stream, from)
		if err != nil {
			return err
		}
		return c.show(cmd, state, func(w io.Writer) { writeState(w, state) })
	}
	return cmd
}

func writeState(w io.Writer, s inspect.State) {
	fmt.Fprintln(w, title(s))
	var indented bytes.Buffer
	_ = json.Indent(&indented, s.State, "", "  ") // s.State is valid JSON
	fmt.Fprintln(w, indented.String())
}

func title(s inspect.State) string {
	line := fmt.Sprintf("%s at version %d, %s", visible(s.Stream, false), s.Version, stamp(s.At))
	if s.Provisional {
		line += ", provisional: that time is so recent that commits may still be recorded for it"
	}
	return line
}

// change describes what changed between two points.
type change struct {
	From        inspect.State        `json:"from"`
	To          inspect.State        `json:"to"`
	Differences []inspect.Difference `json:"differences"`
}

func changeBetween(ctx context.Context, i *inspect.Inspector, stream es.StreamID, from, to es.Point) (change, error) {
	var (
		ch  change
		err error
	)
	if ch.From, err = i.State(ctx, stream, from); err != nil {
		return ch, err
	}
	if ch.To, err = i.State(ctx, stream, to); err != nil {
		return ch, err
	}
	ch.Differences, err = inspect.Diff(ch.From.State, ch.To.State)
	return ch, err
}

func (c *cli) showDifferences(cmd *cobra.Command, i *inspect.Inspector, stream es.StreamID, from, to es.Point) error {
	ch, err := changeBetween(cmd.Context(), i, stream, from, to)
	if err != nil {
		return err
	}
	return c.show(cmd, ch, func(w io.Writer) {
		fmt.Fprintf(w, "from %s\nto   %s\n", title(ch.From), title(ch.To))
		for _, d := range ch.Differences {
			switch {
			case d.Before == nil:
				fmt.Fprintf(w, "+ %s  %s\n", d.Path, d.After)
			case d.After == nil:
				fmt.Fprintf(w, "- %s  %s\n", d.Path, d.Before)
			default:
				fmt.Fprintf(w, "~ %s  %s -> %s\n", d.Path, d.Before, d.After)
			}
		}
	})
}

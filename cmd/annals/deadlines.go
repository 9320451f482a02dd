package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/reaction"
)

func (c *cli) deadlinesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "deadlines", Short: "List, run and cancel the open deadlines of the timers",
		Long: `List, run and cancel the open deadlines of the timers.

A timer is what a service declares with annals.Deadlines or annals.Process. A deadline is open from the event that asks
for it until its command was executed, or until it is canceled. If the command fails for good, the deadline stays open
as failed: nothing tries it again until an operator runs it.`,
	}
	cmd.AddCommand(c.listDeadlinesCommand(), writer(c.runDeadlineCommand()), writer(c.cancelDeadlineCommand()),
		writer(c.askDeadlinesCommand()))
	return cmd
}

// deadline is an open deadline, as it is shown.
type deadline struct {
	Timer  string    `json:"timer"`
	Stream string    `json:"stream"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	// Version is the version of the event that asked for it last, and Asked is when that event was recorded.
	Version int64     `json:"version"`
	Asked   time.Time `json:"asked"`
	// Overdue is true if it is due and did not fail.
	Overdue bool   `json:"overdue"`
	Failed  string `json:"failed,omitempty"`
}

func newDeadline(d reaction.OpenDeadline, now time.Time) deadline {
	return deadline{
		Timer: d.Timer, Stream: d.Stream.String(), Name: d.Name, At: d.At, Version: d.Version, Asked: d.Asked,
		Overdue: d.Failed == "" && !d.At.After(now), Failed: d.Failed,
	}
}

// deadlineFilter are the flags of `annals deadlines list`.
type deadlineFilter struct {
	due, failed bool
	stream      string
	limit       int
}

func (c *cli) listDeadlinesCommand() *cobra.Command {
	var f deadlineFilter
	cmd := &cobra.Command{
		Use: "list [TIMER]", Short: "List the open deadlines of a timer, or of all timers, the earliest first",
		Long: `List the open deadlines of a timer, or of all timers, the earliest first. The last line counts them. A
deadline is overdue if it is due and did not fail.

The list is eventually consistent: changes of the last second may be missing. With --stream it is strongly consistent.
It costs half a read unit for each 4 KB. With --due or --failed, later deadlines are not read.`,
		Example: "  annals --local deadlines list\n  annals --stack Shop deadlines list cancel-unpaid --due --limit 20\n" +
			"  annals --stack Shop deadlines list --stream Order#o-1",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: c.completeTimer,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.limit < 0 {
				return usage("--limit is %d: want a number from 1, or 0 for no limit", f.limit)
			}
			return c.listDeadlines(cmd, arg(args, 0), f)
		},
	}
	cmd.Flags().BoolVar(&f.due, "due", false, "list only those that are due")
	cmd.Flags().BoolVar(&f.failed, "failed", false, "list only those whose command failed")
	cmd.Flags().StringVar(&f.stream, "stream", "", "list only those of this stream, strongly consistent")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "the most deadlines to list, 0 = no limit")
	return cmd
}

func (c *cli) listDeadlines(cmd *cobra.Command, timer string, f deadlineFilter) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	timers, err := o.timersNamed(timer)
	if err != nil {
		return err
	}
	if len(timers) == 0 && f.stream == "" && c.output != asJSON {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), noTimers)
		return err
	}
	now := time.Now()
	found, err := o.wanted(cmd.Context(), timers, f, now)
	if err != nil {
		return err
	}
	list := deadlineList{limit: f.limit}
	for d, err := range found {
		if err != nil {
			return err
		}
		one := newDeadline(d, now)
		if f.due && d.At.After(now) || f.failed && one.Failed == "" {
			continue
		}
		list.add(one)
	}
	return c.writeDeadlines(cmd, &list, f, now)
}

// wanted yields the deadlines among which those that the flags name are.
func (o *operator) wanted(
	ctx context.Context, timers []string, f deadlineFilter, now time.Time,
) (iter.Seq2[reaction.OpenDeadline, error], error) {
	if f.stream != "" {
		stream, err := streamArg(f.stream)
		if err != nil {
			return nil, err
		}
		all, err := o.deadlinesOf(ctx, timers, stream)
		return func(yield func(reaction.OpenDeadline, error) bool) {
			for _, d := range all {
				if !yield(d, nil) {
					return
				}
			}
		}, err
	}
	until := time.Time{}
	if f.due || f.failed { // a deadline fails when it is due, by the clock of a function
		until = now.Add(skew)
	}
	return o.Deadlines(ctx, timers, until), nil
}

// deadlineList keeps the earliest deadlines, and counts all.
type deadlineList struct {
	all                   []deadline
	limit                 int
	count, overdue, erred int
}

func (l *deadlineList) add(d deadline) {
	l.count++
	switch {
	case d.Failed != "":
		l.erred++
	case d.Overdue:
		l.overdue++
	}
	l.all = append(l.all, d)
	if l.limit > 0 && len(l.all) >= 2*l.limit+1000 { // so that memory is bounded
		l.sort()
	}
}

func (l *deadlineList) sort() {
	slices.SortFunc(l.all, func(a, b deadline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Timer, b.Timer), cmp.Compare(a.Stream, b.Stream),
			cmp.Compare(a.Name, b.Name))
	})
	if l.limit > 0 {
		l.all = l.all[:min(len(l.all), l.limit)]
	}
}

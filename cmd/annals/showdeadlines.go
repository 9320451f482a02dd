package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// writeDeadlines prints a list, and a line that counts it.
func (c *cli) writeDeadlines(cmd *cobra.Command, l *deadlineList, f deadlineFilter, now time.Time) error {
	l.sort()
	t := c.table(cmd, "TIMER", "STREAM", "DEADLINE", "AT", "DUE", "ASKED AT", "ERROR")
	for _, d := range l.all {
		asked := fmt.Sprintf("version %d", d.Version)
		err := t.row(d, d.Timer, d.Stream, d.Name, stamp(d.At), dueIn(d.At, now), asked, d.Failed)
		if err != nil {
			return err
		}
	}
	if err := t.end(); err != nil || c.output == asJSON {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), l.summary(f))
	return nil
}

// summary counts the deadlines that the flags name: "12 open: 3 overdue, 1 failed".
func (l *deadlineList) summary(f deadlineFilter) string {
	var b strings.Builder
	switch {
	case f.failed:
		fmt.Fprintf(&b, "%d failed", l.count)
	case f.due:
		fmt.Fprintf(&b, "%d due: %d overdue, %d failed", l.count, l.overdue, l.erred)
	default:
		fmt.Fprintf(&b, "%d open: %d overdue, %d failed", l.count, l.overdue, l.erred)
	}
	if len(l.all) < l.count {
		fmt.Fprintf(&b, "; the earliest %d are shown", len(l.all))
	}
	return b.String()
}

// dueIn says in how much time a deadline is due, or how late it is.
func dueIn(at, now time.Time) string {
	if at.After(now) {
		return "in " + span(at.Sub(now))
	}
	return span(now.Sub(at)) + " late"
}

// span is a duration in its two largest units: "3d4h", "5m10s".
func span(d time.Duration) string {
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, u := range units[:len(units)-1] {
		if d < u.of {
			continue
		}
		next := units[i+1]
		text := fmt.Sprintf("%d%s", d/u.of, u.name)
		if rest := d % u.of / next.of; rest > 0 {
			text += fmt.Sprintf("%d%s", rest, next.name)
		}
		return text
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// plural is a number of things: "1 deadline", "2 deadlines".
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// completeTimer completes the first argument with the names of the service's timers.
func (c *cli) completeTimer(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || c.file == "-" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	l, err := c.find(ctx, nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return l.Service.Timers, cobra.ShellCompDirectiveNoFileComp
}

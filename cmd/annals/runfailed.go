package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// runFailed runs all deadlines that failed, one after another, the earliest first.
func (c *cli) runFailed(cmd *cobra.Command, timer string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	timers, err := o.timersNamed(timer)
	if err != nil {
		return err
	}
	now := time.Now()
	failed, err := o.failedDeadlines(cmd.Context(), timers, now)
	if err != nil {
		return err
	}
	results := map[string]int{}
	t := c.table(cmd, "TIMER", "STREAM", "DEADLINE", "AT", "RESULT", "ERROR")
	for _, d := range failed {
		out := doneDeadline{deadline: newDeadline(d, now)}
		out.Result, err = o.runAgain(cmd.Context(), d)
		switch {
		case ofDeadline(err):
			out.Result, out.Error = "failed", err.Error()
		case err != nil:
			return errorAfter(t, fmt.Errorf("run %s: %w", d.Deadline, err))
		}
		results[out.Result]++
		if err := t.row(out, out.Timer, out.Stream, out.Name, stamp(out.At), out.Result, out.Error); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	if c.output != asJSON {
		fmt.Fprintf(cmd.OutOrStdout(), "%d had failed: %d executed, %d failed again, %d changed by others\n",
			len(failed), results["executed"], results["failed"], results["changed"])
	}
	if n := results["failed"]; n > 0 {
		return found("%d of %d deadlines failed again: correct the cause and run them again, or cancel them", n, len(failed))
	}
	return nil
}

// failedDeadlines returns the deadlines that failed, the earliest first. A deadline fails when it is due, by the clock
// of a function.
func (o *operator) failedDeadlines(
	ctx context.Context, timers []string, now time.Time,
) (all []reaction.OpenDeadline, err error) {
	for d, err := range o.Deadlines(ctx, timers, now.Add(skew)) {
		if err != nil {
			return nil, err
		}
		if d.Failed != "" {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b reaction.OpenDeadline) int { return a.At.Compare(b.At) })
	return all, nil
}

// runAgain runs a deadline that failed. It returns "executed", or "changed" if the deadline was executed, canceled or
// moved since it was listed: the list is eventually consistent.
func (o *operator) runAgain(ctx context.Context, listed reaction.OpenDeadline) (string, error) {
	d, err := o.deadline(ctx, listed.Timer, listed.Stream, listed.Name)
	switch {
	case errors.As(err, new(noDeadlineError)), err == nil && d.Failed == "":
		return "changed", nil
	case err != nil:
		return "", err
	}
	return "executed", o.onDeadline(ctx, ask.RunDeadline, d.Deadline)
}

// ofDeadline reports whether an error concerns one deadline, so that others can be run.
func ofDeadline(err error) bool {
	return errors.As(err, new(*ask.Error)) || errors.As(err, new(functions.FailedError)) ||
		errors.As(err, new(parkedError))
}

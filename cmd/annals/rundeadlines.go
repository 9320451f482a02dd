package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
)

func (c *cli) runDeadlineCommand() *cobra.Command {
	var failed bool
	cmd := &cobra.Command{
		Use:   "run TIMER STREAM NAME | run --failed [TIMER]",
		Short: "Execute the command of a deadline, or of all that failed",
		Long: `Execute the command of an open deadline at once, also if it failed before or is not due yet. With --failed,
execute those of all deadlines that failed, in one timer or in all, and report each error. A deadline whose command fails
again stays open. Exit code 3: some failed again.`,
		Example: "  annals --local deadlines run cancel-unpaid Order#o-1 payment\n" +
			"  annals --stack Shop deadlines run --failed",
		Args: cobra.MaximumNArgs(3), ValidArgsFunction: c.completeTimer,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case failed && len(args) > 1:
				return usage("--failed takes a timer at most, or nothing: to run one deadline, leave --failed out")
			case failed:
				return c.runFailed(cmd, arg(args, 0))
			case len(args) < 3:
				return usage("want the timer, the stream and the deadline's name, or --failed")
			}
			return c.onDeadline(cmd, args, ask.RunDeadline, "executed")
		},
	}
	cmd.Flags().BoolVar(&failed, "failed", false, "run all deadlines that failed")
	return cmd
}

func (c *cli) cancelDeadlineCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel TIMER STREAM NAME", Short: "Cancel a deadline: its command is not executed",
		Long: `Cancel an open deadline, for good: its command is not executed. A later event may ask for the deadline again. No
event is stored, so the audit trail does not show that it was canceled.`,
		Example: "  annals --local deadlines cancel cancel-unpaid Order#o-1 payment",
		Args:    cobra.ExactArgs(3), ValidArgsFunction: c.completeTimer,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onDeadline(cmd, args, ask.CancelDeadline, "canceled")
		},
	}
}

func (c *cli) askDeadlinesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "again TIMER", Short: "Ask for all open deadlines again, for example after a restore",
		Long: `Ask for all open deadlines of a timer again, except those that failed. Use it after the timer's table was restored,
or after schedules were deleted. It does no harm to ask twice. Deadlines that are 15 minutes overdue are asked for again
once a day without it.`,
		Example: "  annals --stack Shop deadlines again cancel-unpaid",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: c.completeTimer,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			if _, err := o.timersNamed(args[0]); err != nil {
				return err
			}
			answer, err := o.functions.Ask(cmd.Context(), annalsaws.Reactor,
				ask.Request{Task: ask.AskDeadlines, Projection: args[0]})
			if err != nil {
				return err
			}
			out := struct {
				Timer     string `json:"timer"`
				Deadlines int    `json:"deadlines"`
			}{args[0], answer.Deadlines}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "%s: asked again for %s\n", out.Timer, plural(out.Deadlines, "open deadline"))
			})
		},
	}
}

// doneDeadline is what a command did to a deadline.
type doneDeadline struct {
	deadline
	// Result is "executed", "canceled", "failed", or "changed" if others changed it. Error is why it failed now.
	Result string `json:"result"`
	Error  string `json:"error,omitempty"`
}

// onDeadline runs or cancels the deadline that the arguments name.
func (c *cli) onDeadline(cmd *cobra.Command, args []string, task ask.Task, result string) error {
	stream, err := streamArg(args[1])
	if err != nil {
		return err
	}
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	d, err := o.change(cmd.Context(), task, args[0], stream, args[2])
	if err != nil {
		return err
	}
	now := time.Now()
	return c.show(cmd, doneDeadline{deadline: newDeadline(d, now), Result: result}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s; it was due at %s (%s)\n", d.Deadline, result, stamp(d.At), dueIn(d.At, now))
	})
}

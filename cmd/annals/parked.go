package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) parkedCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "parked", Short: "Look after the streams that a projection could not apply"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list [PROJECTION]", Short: "List the streams that wait", Args: cobra.MaximumNArgs(1), RunE: c.listParked,
		},
		&cobra.Command{
			Use: "show PROJECTION STREAM", Short: "Show why a stream waits", Args: cobra.ExactArgs(2), RunE: c.showParked,
		},
		&cobra.Command{
			Use: "retry [PROJECTION [STREAM]]", Short: "Try one stream again, or all that wait", Args: cobra.MaximumNArgs(2), RunE: c.retryParked,
		},
	)
	return cmd
}

// arg is an argument, "" if it is not given.
func arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

func (c *cli) listParked(cmd *cobra.Command, args []string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "PROJECTION\tGENERATION\tSTREAM\tBEFORE\tWAITING\tREASON")
	for w, err := range o.Parked(cmd.Context(), arg(args, 0)) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%d\t%d\t%s\n", w.Projection, w.Generation, w.Stream, w.Version, waiting(w), w.Reason)
	}
	return out.Flush()
}

// waiting is how many events of a stream are known to wait.
func waiting(w projection.Waiting) int64 { return max(w.Seen-w.Version+1, 1) }

func (c *cli) showParked(cmd *cobra.Command, args []string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	found := false
	for w, err := range o.Parked(cmd.Context(), args[0]) {
		if err != nil {
			return err
		}
		if w.Stream.String() != args[1] {
			continue
		}
		found = true
		fmt.Fprintf(cmd.OutOrStdout(), "%s in %s, generation %d\n  waits before version %d since %s; %d events are known to wait\n  reason: %s\n  error: %s\n  code: %s\n",
			w.Stream, w.Projection, w.Generation, w.Version, w.At, waiting(w), w.Reason, w.Error, w.Code)
	}
	if !found {
		return fmt.Errorf("%s does not wait in %s", args[1], args[0])
	}
	return nil
}

func (c *cli) retryParked(cmd *cobra.Command, args []string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	tried := 1
	if len(args) < 2 {
		tried, err = o.Retry(cmd.Context(), arg(args, 0))
	} else {
		var stream es.StreamID
		if stream, err = es.ParseStreamID(args[1]); err != nil {
			return err
		}
		err = o.CatchUp(cmd.Context(), args[0], stream, true)
	}
	if err != nil {
		return err
	}
	left := 0
	for w, err := range o.Parked(cmd.Context(), arg(args, 0)) {
		if err != nil {
			return err
		}
		if len(args) < 2 || w.Stream.String() == args[1] {
			left++
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "tried %d, %d still wait\n", tried, left)
	if left > 0 {
		return errors.New("not all could be applied: `annals parked show` says why")
	}
	return nil
}

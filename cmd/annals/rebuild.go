package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) rebuildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild PROJECTION",
		Short: "Build a projection anew beside the one that serves, compare it with the events, and swap",
		Long: "Build a projection anew beside the one that serves, compare it with the events, and swap.\n" +
			"Queries go on meanwhile. The state machine does it, where its ARN is in the environment (REBUILD_MACHINE_ARN): this command\n" +
			"starts it and says how far it is, and may be interrupted. With --here, or without a machine, this process does it.\n" +
			"What did not come to its end goes on where the command is given again.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runRebuild(cmd, args[0]) },
	}
	cmd.Flags().BoolVar(&c.here, "here", false, "do it in this process, not in the state machine")
	cmd.Flags().IntVar(&c.rebuild.Segments, "segments", 8, "with --here: into how many parts the history is divided, which are read at once")
	cmd.Flags().Float64Var(&c.rebuild.WritesPerSecond, "rate", 0, "with --here: the most writes a second, 0 = as many as go through")
	return cmd
}

func (c *cli) runRebuild(cmd *cobra.Command, name string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	if o.Reactions.Keeps(name) {
		return fmt.Errorf("rebuild %s: %w", name, projection.ErrNotRebuilt)
	}
	if o.Rebuilds != nil && !c.here {
		return c.follow(cmd, o, name)
	}
	p := &progress{out: cmd.ErrOrStderr(), name: name, start: time.Now()}
	build, report, err := o.Rebuilder.Run(cmd.Context(), name, p.page)
	switch {
	case err != nil && build.Generation == 0: // nothing was begun
		return err
	case err != nil:
		return fmt.Errorf("%w\n%s goes on serving as it was; the same command goes on from here", err, name)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: generation %d serves after %s; %d events read, %d streams level, %d compared with their events, %d counters compared, %d parked\n",
		name, build.Generation, time.Since(p.start).Round(time.Millisecond), p.events, report.Streams, report.Compared, report.Counters, report.Parked)
	return nil
}

// progress says now and then how many events were read.
type progress struct {
	out   io.Writer
	name  string
	start time.Time

	mu     sync.Mutex
	events int
	said   time.Time
}

var _ projection.Progress = (&progress{}).page

func (p *progress) page(_, events int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events += events
	if now := time.Now(); now.Sub(p.said) > time.Second {
		p.said = now
		fmt.Fprintf(p.out, "%s: %d events read, %.0f a second\n", p.name, p.events, float64(p.events)/now.Sub(p.start).Seconds())
	}
}

func (c *cli) rollbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rollback PROJECTION",
		Short: "Let the generation serve again that served before the last swap",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			g, err := o.Rebuilder.Rollback(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: generation %d serves again\n", args[0], g)
			return nil
		},
	}
}

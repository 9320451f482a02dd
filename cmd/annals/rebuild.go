package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) rebuildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild PROJECTION",
		Short: "Build a projection anew beside the one that serves, compare it with the events, and swap",
		Long: "Build a projection anew beside the one that serves, compare it with the events, and swap.\n" +
			"Queries go on meanwhile. The state machine does it, where its ARN is in the environment (REBUILD_MACHINE_ARN): this command\n" +
			"starts it and says how far it is, and may be interrupted. With --here, or without a machine, this process does it.\n" +
			"What did not come to its end goes on where the command is given again; what is left is then estimated too high. How many\n" +
			"commits there are is what DynamoDB says of the table: on AWS that is up to six hours old.\n" +
			"Exit code 3: the new generation serves, and streams wait in it that it could not apply.",
		Example:           "  annals --local rebuild product-counts",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeProjection(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.runRebuild(cmd, args[0]) },
	}
	cmd.Flags().BoolVar(&c.here, "here", false, "do it in this process, not in the state machine")
	cmd.Flags().IntVar(&c.rebuild.Segments, "segments", 8, "with --here: into how many parts the history is divided, which are read at once")
	cmd.Flags().Float64Var(&c.rebuild.WritesPerSecond, "rate", 0, "with --here: the most writes a second, 0 = as many as go through")
	return cmd
}

// rebuilt is the outcome of a rebuild.
type rebuilt struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Seconds    float64               `json:"seconds"`
	Events     int64                 `json:"events"`
	Streams    int                   `json:"streams"`
	Compared   int                   `json:"compared"`
	Counters   int                   `json:"counters"`
	Parked     int                   `json:"parked"`
}

func (c *cli) runRebuild(cmd *cobra.Command, name string) error {
	if c.rebuild.Segments < 1 || c.rebuild.WritesPerSecond < 0 {
		return usage("--segments must be 1 or more, --rate not negative")
	}
	s, err := c.connect(cmd)
	if err != nil {
		return err
	}
	o := s.operator
	if o.Reactions.Keeps(name) {
		return fmt.Errorf("rebuild %s: %w", name, projection.ErrNotRebuilt)
	}
	if o.Rebuilds != nil && !c.here {
		return c.follow(cmd, o, name)
	}
	p := newProgress(cmd.ErrOrStderr(), name, s.about(cmd.Context()))
	build, report, err := o.Rebuilder.Run(cmd.Context(), name, func(_, commits, events int) { p.add(commits, events) })
	p.end()
	switch {
	case err != nil && build.Generation == 0: // nothing was begun
		return err
	case err != nil:
		return fmt.Errorf("%w\n%s goes on serving as it was; the same command goes on from here", err, name)
	}
	took := time.Since(p.start)
	out := rebuilt{name, build.Generation, took.Seconds(), p.events, report.Streams, report.Compared, report.Counters, report.Parked}
	err = c.show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "%s: generation %d serves after %s; %d events read, %d streams level, %d compared with their events, %d counters compared, %d parked\n",
			name, out.Generation, took.Round(time.Millisecond), out.Events, out.Streams, out.Compared, out.Counters, out.Parked)
	})
	if err != nil {
		return err
	}
	return parkedAgain(cmd.Context(), o, name, out.Generation)
}

// parkedAgain says which streams a rebuild could not apply.
func parkedAgain(ctx context.Context, o *annalslambda.Operator, name string, g projection.Generation) error {
	waiting, first := 0, ""
	for w, err := range o.Parked(ctx, name) {
		if err != nil {
			return err
		}
		if w.Generation != g {
			continue
		}
		if waiting++; waiting == 1 {
			first = w.Stream.String()
		}
	}
	if waiting == 0 {
		return nil
	}
	return found("%d streams could not be applied in generation %d of %s and wait, %s first: `annals parked list %s` names them",
		waiting, g, name, first, name)
}

// about is how many commits DynamoDB says there are, 0 if it does not say.
func (s *session) about(ctx context.Context) int64 {
	name := s.Tables.Of(annalsaws.Events)
	out, err := s.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return 0 // it is only for the estimate
	}
	return aws.ToInt64(out.Table.ItemCount)
}

func (c *cli) rollbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "rollback PROJECTION",
		Short:             "Let the generation serve again that served before the last swap",
		Example:           "  annals --local rollback product-counts",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeProjection(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			g, err := o.Rebuilder.Rollback(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			out := struct {
				Projection string                `json:"projection"`
				Generation projection.Generation `json:"generation"`
			}{args[0], g}
			return c.show(cmd, out, func(w io.Writer) { fmt.Fprintf(w, "%s: generation %d serves again\n", args[0], g) })
		},
	}
}

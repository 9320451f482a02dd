package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) rollbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rollback PROJECTION",
		Short: "Let the generation that served before the last rebuild serve again",
		Long: "Let the generation that served before the last rebuild serve again. The command first catches up the streams that are\n" +
			"behind in it: this reads the whole event table, as `annals reconcile` does.",
		Example:           "  annals --local rollback product-counts",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeProjection(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.rebuilt(cmd, ask.Rollback, args[0])
			if err != nil {
				return err
			}
			answer, err := o.rollBack(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			out := struct {
				Projection string                `json:"projection"`
				Generation projection.Generation `json:"generation"`
			}{args[0], projection.Generation(answer.Generation)}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "%s: generation %d serves again\n", args[0], out.Generation)
			})
		},
	}
}

func (c *cli) abandonCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "abandon PROJECTION",
		Short:             "Abandon the generation that is being built; the serving one stays",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeProjection(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.rebuilt(cmd, ask.Abandon, args[0])
			if err != nil {
				return err
			}
			in := ask.Request{Task: ask.Abandon, Projection: args[0]}
			if _, err := o.functions.Ask(cmd.Context(), annalsaws.Projector, in); err != nil {
				return err
			}
			out := struct {
				Projection string `json:"projection"`
				Abandoned  bool   `json:"abandoned"`
			}{args[0], true}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "%s: the generation that was being built is abandoned\n", args[0])
			})
		},
	}
}

// rebuilt connects to the service for a task on a read model.
//
// Errors: [projection.UnknownProjectionError], [projection.ErrNotRebuilt].
func (c *cli) rebuilt(cmd *cobra.Command, task ask.Task, name string) (*operator, error) {
	o, err := c.operator(cmd)
	if err != nil {
		return nil, err
	}
	if err := o.known(name); err != nil {
		return nil, err
	}
	if o.reactions.Keeps(name) {
		return nil, fmt.Errorf("%s %s: %w", task, name, projection.ErrNotRebuilt)
	}
	return o, nil
}

// How a rollback catches up the streams: the number of segments, the read units a second of each, and how often it
// compares all streams before it gives up.
const (
	rollbackSegments       = 4
	rollbackUnitsPerSecond = 500
	rollbackRounds         = 3
)

// rollBack makes the projector catch up all streams, segment by segment, so that no invocation reads the whole table.
// Then it makes the retired generation serve.
func (o *operator) rollBack(ctx context.Context, name string) (*ask.Answer, error) {
	record, err := recordOf(ctx, o, name)
	if err != nil {
		return nil, err
	}
	in := ask.Request{Task: ask.Rollback, Projection: name}
	if slices.ContainsFunc(record.Builds, func(b projection.Build) bool { return b.Status == projection.Retired }) {
		if err := o.bringLevel(ctx, name); err != nil {
			return nil, fmt.Errorf("roll back %s: catch up its streams: %w", name, err)
		}
		in.Leveled = true
	}
	return o.functions.Ask(ctx, annalsaws.Projector, in) // fails if there is no retired generation
}

// bringLevel catches up all streams in a read model.
//
// Errors: streams that stay behind.
func (o *operator) bringLevel(ctx context.Context, name string) error {
	left := 0
	for range rollbackRounds {
		found, err := o.reconcile(ctx, annalsaws.Projector, ask.Request{
			Of: rollbackSegments, UnitsPerSecond: rollbackUnitsPerSecond, Projections: []string{name},
		})
		if err != nil {
			return err
		}
		if left = found.Left; left == 0 {
			return nil
		}
	}
	return fmt.Errorf("%d checkpoints of %s are still behind, and the serving generation stays: run the command again",
		left, name)
}

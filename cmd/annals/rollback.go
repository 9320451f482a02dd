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
		Short: "Let the generation serve again that served before the last swap",
		Long: "Let the generation serve again that served before the last swap. Streams that are behind in it are brought level\n" +
			"first: this reads the whole event table, as `annals reconcile` does.",
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
		Short:             "Give up the generation that is being built; what serves is not touched",
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
				fmt.Fprintf(w, "%s: the generation that was being built is given up\n", args[0])
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

// rollbackSegments is into how many segments the streams are divided that a rollback brings level.
const rollbackSegments = 4

// rollBack has all streams brought level, and then the retired generation serve. No invocation reads the whole table.
func (o *operator) rollBack(ctx context.Context, name string) (*ask.Answer, error) {
	record, err := recordOf(ctx, o, name)
	if err != nil {
		return nil, err
	}
	in := ask.Request{Task: ask.Rollback, Projection: name}
	if slices.ContainsFunc(record.Builds, func(b projection.Build) bool { return b.Status == projection.Retired }) {
		if _, err := o.reconcile(ctx, annalsaws.Projector, ask.Request{Of: rollbackSegments}); err != nil {
			return nil, fmt.Errorf("bring the streams level: %w", err)
		}
		in.Leveled = true
	}
	return o.functions.Ask(ctx, annalsaws.Projector, in) // without a retired generation, it says so
}

package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) rebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild PROJECTION",
		Short: "Build a projection anew beside the one that serves, compare it with the events, and swap",
		Long: "Build a projection anew beside the one that serves, compare it with the events, and swap.\n" +
			"Queries go on meanwhile. The service's state machine does it: this command starts it and says how far it is, and may be\n" +
			"interrupted. What did not come to its end goes on where the command is given again. Into how many parts the history is\n" +
			"divided, and how many are read at once, are settings of the stack.\n" +
			"Exit code 3: the new generation serves, and streams wait in it that it could not apply.",
		Example:           "  annals --local rebuild product-counts",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeProjection(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.runRebuild(cmd, args[0]) },
	}
}

// rebuilt is the outcome of a rebuild.
type rebuilt struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Seconds    float64               `json:"seconds"`
}

func (c *cli) runRebuild(cmd *cobra.Command, name string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	if err := o.rebuilds(name); err != nil {
		return err
	}
	return c.follow(cmd, o, name)
}

// rebuilds tells whether a projection can be rebuilt.
//
// Errors: [projection.UnknownProjectionError], [projection.ErrNotRebuilt]; a service without a state machine.
func (o *operator) rebuilds(name string) error {
	if err := o.known(name); err != nil {
		return err
	}
	switch {
	case o.reactions.Keeps(name):
		return fmt.Errorf("rebuild %s: %w", name, projection.ErrNotRebuilt)
	case o.machine == nil:
		return fmt.Errorf("rebuild %s: the service has no state machine that rebuilds read models: deploy its stack again", name)
	}
	return nil
}

// parkedAgain says which streams a rebuild could not apply.
func parkedAgain(ctx context.Context, o *operator, name string, g projection.Generation) error {
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
	name := s.table(annalsaws.Events)
	out, err := s.dynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return 0 // it is only for the estimate
	}
	return aws.ToInt64(out.Table.ItemCount)
}

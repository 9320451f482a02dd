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
		Short: "Rebuild a projection as a new generation, compare it with the events, and let it serve",
		Long: "Rebuild a projection as a new generation beside the serving one, compare it with the events, and let it serve.\n" +
			"Queries are served during the rebuild. The service's state machine does the work: this command starts it, shows its\n" +
			"progress, and may be interrupted. If a rebuild failed, the same command continues it. The number of segments that the\n" +
			"history is divided into, and how many are read concurrently, are settings of the stack.\n" +
			"Exit code 3: the new generation serves, and streams are parked in it.",
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

// rebuilds checks that a projection can be rebuilt.
//
// Errors: [projection.UnknownProjectionError], [projection.ErrNotRebuilt]; one if the service has no state machine.
func (o *operator) rebuilds(name string) error {
	if err := o.known(name); err != nil {
		return err
	}
	switch {
	case o.reactions.Keeps(name):
		return fmt.Errorf("rebuild %s: %w", name, projection.ErrNotRebuilt)
	case o.machine == nil:
		return fmt.Errorf("rebuild %s: the service has no state machine that rebuilds read models: deploy the stack again",
			name)
	}
	return nil
}

// parkedAgain reports the streams that are parked in a new generation.
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
	return found("%d streams are parked in generation %d of %s, such as %s: `annals parked list %s` lists them",
		waiting, g, name, first, name)
}

// about returns DynamoDB's estimate of the number of commits, 0 if there is none.
func (s *session) about(ctx context.Context) int64 {
	name := s.table(annalsaws.Events)
	out, err := s.dynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return 0 // the estimate is optional
	}
	return aws.ToInt64(out.Table.ItemCount)
}

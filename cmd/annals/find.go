package main

import (
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
)

func (c *cli) findCommand() *cobra.Command {
	var q inspect.Query
	cmd := &cobra.Command{
		Use: "find", Short: "Search all commits by their stream, type of event, request or commit id",
		Long: "Search all commits for those that match all flags. The commits of a stream are in order; streams are in no order.\n" +
			wholeTable,
		Example: "  annals --local find --type OrderShipped --prefix Order#1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q == (inspect.Query{}) {
				return usage("say what to search for: --type, --prefix, --correlation-id or --commit-id; " +
					"`annals export` writes all commits")
			}
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			return c.printCommits(cmd, s.Find(cmd.Context(), q))
		},
	}
	cmd.Flags().StringVar(&q.Type, "type", "", "commits with an event of this type")
	cmd.Flags().StringVar(&q.Stream, "prefix", "", "commits of streams whose names begin with this")
	cmd.Flags().StringVar(&q.CorrelationID, "correlation-id", "", "commits of this request")
	cmd.Flags().StringVar(&q.CommitID, "commit-id", "", "commits of this append")
	c.unitsFlag(cmd)
	return cmd
}

package main

import (
	"iter"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
)

func (c *cli) tailCommand() *cobra.Command {
	var (
		q    inspect.Query
		from int64
	)
	cmd := &cobra.Command{
		Use: "tail [STREAM]", Short: "Show commits as they are stored",
		Long: `Show commits as they are stored, until the command is interrupted.

For one stream, the command reads the table every second: a read unit each time. For all streams, it reads the event
table's DynamoDB stream, which already has two readers, the most that AWS advises. While a third one reads, all three
may be throttled for moments, and read models may lag. The command reads each shard only once a second; don't leave it
running. On DynamoDB Local it does no harm.`,
		Example: "  annals --local tail\n  annals --local tail --type OrderPlaced\n" +
			"  annals --stack Shop tail Order#o-1 --from 1",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if from != 0 && len(args) == 0 || from < 0 {
				return usage("--from %d: want a version of 1 or more, and the name of one stream", from)
			}
			if len(args) == 0 {
				s, err := c.connect(cmd)
				if err != nil {
					return err
				}
				return c.printCommits(cmd, s.Tail(cmd.Context(), q))
			}
			stream, err := streamArg(args[0])
			if err != nil {
				return err
			}
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			after := from - 1
			if from == 0 {
				head, err := s.store.Head(cmd.Context(), stream)
				if err != nil {
					return err
				}
				after = head.Version()
			}
			return c.printCommits(cmd, s.Follow(cmd.Context(), stream, after, q))
		},
	}
	cmd.Flags().StringVar(&q.Type, "type", "", "only commits with an event of this type")
	cmd.Flags().StringVar(&q.Stream, "prefix", "", "only commits of streams whose names begin with this")
	cmd.Flags().StringVar(&q.CorrelationID, "correlation-id", "", "only commits of this request")
	cmd.Flags().Int64Var(&from, "from", 0, "begin with this version of the stream, 0 = new commits only")
	return cmd
}

// printCommits prints commits as they arrive.
func (c *cli) printCommits(cmd *cobra.Command, commits iter.Seq2[inspect.Commit, error]) error {
	for commit, err := range commits {
		if err != nil {
			return err
		}
		if err := c.printCommit(cmd, &commit); err != nil {
			return err
		}
	}
	return nil
}

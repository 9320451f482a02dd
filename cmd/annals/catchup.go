package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
)

func (c *cli) catchUpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "catch-up STREAM [PROJECTION]",
		Short: "Bring a stream level in one projection, or in all that read it",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			stream, err := es.ParseStreamID(args[0])
			if err != nil {
				return err
			}
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			if err := o.CatchUp(cmd.Context(), arg(args, 1), stream, false); err != nil {
				return err
			}
			for w, err := range o.Parked(cmd.Context(), arg(args, 1)) {
				if err != nil {
					return err
				}
				if w.Stream == stream {
					return fmt.Errorf("%s waits in %s: `annals parked show` says why", stream, w.Projection)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is level\n", stream)
			return nil
		},
	}
}

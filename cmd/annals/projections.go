package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) projectionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "projections",
		Short: "List the projections and their generations",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			var records []projection.Record
			for _, e := range o.Engines() {
				more, err := e.Records(cmd.Context())
				if err != nil {
					return err
				}
				records = append(records, more...)
			}
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "PROJECTION\tGENERATION\tFOLD\tSTATUS\tSINCE")
			for _, r := range records {
				for _, b := range r.Builds {
					fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%s\n", r.Projection, b.Generation, b.Fold, b.Status, b.Since.Format(time.RFC3339))
				}
			}
			return out.Flush()
		},
	}
}

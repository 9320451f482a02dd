package main

import (
	"context"
	"fmt"
	"io"
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
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "PROJECTION\tGENERATION\tFOLD\tSTATUS\tSINCE\tPROGRESS")
			for _, e := range o.Engines() {
				if err := listGenerations(cmd.Context(), out, e); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	}
}

func listGenerations(ctx context.Context, out io.Writer, e *projection.Engine) error {
	records, err := e.Records(ctx)
	if err != nil {
		return err
	}
	for _, r := range records {
		for _, b := range r.Builds {
			standing, err := e.Standing(ctx, r.Projection, b)
			if err != nil {
				return err
			}
			progress := standing.String()
			if b.Failure != "" {
				progress = "failed: " + b.Failure
			}
			fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%s\t%s\n", r.Projection, b.Generation, b.Fold, b.Status, b.Since.Format(time.RFC3339), progress)
		}
	}
	return nil
}

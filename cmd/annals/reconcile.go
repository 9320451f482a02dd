package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) reconcileCommand() *cobra.Command {
	var (
		segments int
		units    float64
		settled  time.Duration
	)
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare all streams with the read models and the reactions, and catch up those that are behind",
		Long: "Compare all streams with the read models and the reactions, and catch up those that are behind.\n\n" +
			"The service does this every day. It reads the whole event table twice, with a read unit for each 8 KB.\n" +
			"Read models whose store is away are left out. Exit code 3: it found something, or left one out.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if segments < 1 || segments > maxSegments || units < 0 || settled < 0 {
				return usage("--segments %d, --units-per-second %g, --settled %s: --segments must be from 1 to %d, the "+
					"others must not be negative", segments, units, settled, maxSegments)
			}
			return c.reconcile(cmd, ask.Request{Of: segments, UnitsPerSecond: units, MinAge: settled.Seconds()})
		},
	}
	cmd.Flags().IntVar(&segments, "segments", 4, "the number of parts of the table, which are read concurrently")
	cmd.Flags().Float64Var(&units, "units-per-second", 500, "the most read units a second of each segment, 0 = no limit")
	cmd.Flags().DurationVar(&settled, "settled", time.Minute,
		"skip streams whose last commit is younger: it may still be delivered")
	return cmd
}

func (c *cli) reconcile(cmd *cobra.Command, in ask.Request) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	readModels, err := o.reconcile(cmd.Context(), annalsaws.Projector, in)
	if err != nil {
		return err
	}
	var reactions projection.Reconciled
	if o.reacts {
		if reactions, err = o.reconcile(cmd.Context(), annalsaws.Reactor, in); err != nil {
			return err
		}
	}
	type line struct {
		Of         string  `json:"of"`
		Streams    int     `json:"streams"`
		Healed     int     `json:"healed"`
		Waiting    int     `json:"waiting"`
		Left       int     `json:"left"`
		Unreadable int     `json:"unreadable"`
		Units      float64 `json:"units"`
	}
	for _, of := range []struct {
		name  string
		found projection.Reconciled
	}{{"read models", readModels}, {"reactions", reactions}} {
		l := line{
			of.name, of.found.Streams, of.found.Healed, of.found.Parked, of.found.Left, of.found.Unreadable, of.found.Units,
		}
		err := c.show(cmd, l, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %d streams, %d checkpoints healed, %d parked, %d still behind, %d items unreadable, %.1f read "+
				"units\n",
				l.Of, l.Streams, l.Healed, l.Waiting, l.Left, l.Unreadable, l.Units)
		})
		if err != nil {
			return err
		}
	}
	away, err := o.away(cmd.Context())
	if err != nil {
		return err
	}
	for _, r := range away {
		out := leftOut{r.Projection, *r.Outage}
		err := c.show(cmd, out, func(w io.Writer) {
			fmt.Fprintf(w, "%s: left out, its store has been away since %s: %s\n", r.Projection,
				stamp(out.Outage.Since), out.Outage.Reason)
		})
		if err != nil {
			return err
		}
	}
	if readModels.Unreadable > 0 { // both functions read the same table
		return found("%d items of the event table can't be read: `annals verify` lists them", readModels.Unreadable)
	}
	if left := readModels.Left + reactions.Left; left > 0 {
		return found("%d checkpoints are still behind: run the command again", left)
	}
	if waiting := readModels.Parked + reactions.Parked; waiting > 0 {
		return found("%d checkpoints are of parked streams: `annals parked list` lists them", waiting)
	}
	if len(away) > 0 {
		return found("%d read models were left out: the projector brings them up to date when their stores answer "+
			"again", len(away))
	}
	return nil
}

// leftOut is a read model that a reconciliation left out.
type leftOut struct {
	Of     string            `json:"of"`
	Outage projection.Outage `json:"outage"`
}

// away returns the records of the read models that the functions leave out, because their stores are away.
//
// Errors: the catalog's.
func (o *operator) away(ctx context.Context) ([]projection.Record, error) {
	records, err := o.models.Records(ctx)
	return slices.DeleteFunc(records, func(r projection.Record) bool {
		return r.Outage == nil || r.Outage.Recovering
	}), err
}

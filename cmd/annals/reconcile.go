package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

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
		Short: "Compare all streams with the read models and the reactions, and bring level what is behind",
		Long: "Compare all streams with the read models and the reactions, and bring level what is behind.\n\n" +
			"The service does so every day. It reads the whole event table twice: a read unit for 8 KB.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if segments < 1 || units < 0 || settled < 0 {
				return usage("--segments must be 1 or more, --units-per-second and --settled must not be negative")
			}
			cfg := projection.ReconcileConfig{Segments: segments, UnitsPerSecond: units, MinAge: settled}
			if units == 0 {
				cfg.UnitsPerSecond = -1
			}
			if settled == 0 {
				cfg.MinAge = -1
			}
			c.rebuild.Reconcile = cfg
			return c.reconcile(cmd)
		},
	}
	cmd.Flags().IntVar(&segments, "segments", 4, "into how many parts the streams are divided, which are read at once")
	cmd.Flags().Float64Var(&units, "units-per-second", 500, "read units a second and segment, 0 = no limit")
	cmd.Flags().DurationVar(&settled, "settled", time.Minute, "leave streams alone whose last commit is younger: they are on their way")
	return cmd
}

func (c *cli) reconcile(cmd *cobra.Command) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	readModels, reactions, err := o.Reconcile(cmd.Context())
	if err != nil {
		return err
	}
	type line struct {
		Of         string  `json:"of"`
		Streams    int     `json:"streams"`
		Healed     int     `json:"healed"`
		Waiting    int     `json:"waiting"`
		Unreadable int     `json:"unreadable"`
		Units      float64 `json:"units"`
	}
	for _, of := range []struct {
		name  string
		found projection.Reconciled
	}{{"read models", readModels}, {"reactions", reactions}} {
		l := line{of.name, of.found.Streams, of.found.Healed, of.found.Parked, of.found.Unreadable, of.found.Units}
		err := c.show(cmd, l, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %d streams, %d checkpoints brought level, %d waiting, %d items unreadable, %.1f read units\n",
				l.Of, l.Streams, l.Healed, l.Waiting, l.Unreadable, l.Units)
		})
		if err != nil {
			return err
		}
	}
	if readModels.Unreadable > 0 { // both have seen the same table
		return found("%d items of the event table can't be read: `annals verify` names them", readModels.Unreadable)
	}
	if waiting := readModels.Parked + reactions.Parked; waiting > 0 {
		return found("%d checkpoints are of streams that wait: `annals parked list` names them", waiting)
	}
	return nil
}

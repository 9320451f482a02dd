package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) projectionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "projections",
		Short: "List the projections and reactions with their generations, parked streams, and the progress of rebuilds",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := c.connect(cmd)
			if err != nil {
				return err
			}
			all, err := s.Projections(cmd.Context())
			if err != nil {
				return err
			}
			columns := []string{"PROJECTION", "GENERATION", "FOLD", "STATUS", "SINCE", "PARKED", "STORE", "PROGRESS"}
			stores := slices.ContainsFunc(all, func(p inspect.Projection) bool { return p.Store != "" })
			if !stores { // all are on DynamoDB
				columns = slices.DeleteFunc(columns, func(column string) bool { return column == "STORE" })
			}
			t := c.table(cmd, columns...)
			for i := range all {
				if err := showProjection(t, &all[i], stores); err != nil {
					return err
				}
			}
			if err := t.end(); err != nil || c.output == asJSON {
				return err
			}
			writeAway(people{cmd.OutOrStdout()}, all)
			return nil
		},
	}
}

// showProjection adds a row for each generation of a projection, with the store if stores is set.
func showProjection(t *table, p *inspect.Projection, stores bool) error {
	for _, g := range p.Generations {
		line := struct {
			Name string `json:"projection"`
			inspect.Generation
			Unregistered bool               `json:"unregistered,omitempty"`
			Store        string             `json:"store,omitempty"`
			Outage       *projection.Outage `json:"outage,omitempty"`
			Unread       string             `json:"unread,omitempty"`
		}{p.Name, g, p.Unregistered, p.Store, p.Outage, p.Unread}
		since, progress := stamp(g.Since), progressOf(&g)
		if p.Unregistered {
			since, progress = "-", "not started"
		}
		parked := strconv.Itoa(g.Parked)
		if p.Unread != "" {
			parked = "?"
		}
		cells := []any{p.Name, g.Generation, g.Fold, g.Status, since, parked}
		if stores {
			cells = append(cells, cmp.Or(p.Store, string(annals.DynamoDB)))
		}
		if err := t.row(line, append(cells, progress)...); err != nil {
			return err
		}
	}
	return nil
}

// writeAway writes the outages of the projections' stores, and why a store can't be read.
func writeAway(w io.Writer, all []inspect.Projection) {
	for _, p := range all {
		if p.Outage != nil {
			fmt.Fprintf(w, "\n%s: %s\n", p.Name, outageOf(p))
		}
		if p.Unread != "" {
			fmt.Fprintf(w, "\nThe parked streams of %s are not known: %s\n", p.Name, p.Unread)
		}
	}
}

// outageOf describes the outage of a projection's store.
func outageOf(p inspect.Projection) string {
	if p.Outage.Recovering {
		return fmt.Sprintf("its store %s answers again, and it is brought up to date with what it missed since %s, "+
			"because of: %s", p.Store, stamp(p.Outage.Since), p.Outage.Reason)
	}
	return fmt.Sprintf("its store %s has been away since %s: %s", p.Store, stamp(p.Outage.Since), p.Outage.Reason)
}

func progressOf(g *inspect.Generation) string {
	switch {
	case g.Failure != "":
		return "failed: " + g.Failure
	case g.Rebuild == nil:
		return ""
	}
	return fmt.Sprintf("%d of %d segments %s", g.Rebuild.Done, g.Rebuild.Segments, g.Rebuild.Doing)
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
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
			t := c.table(cmd, "PROJECTION", "GENERATION", "FOLD", "STATUS", "SINCE", "PARKED", "PROGRESS")
			for _, p := range all {
				for _, g := range p.Generations {
					line := struct {
						Name string `json:"projection"`
						inspect.Generation
						Unregistered bool `json:"unregistered,omitempty"`
					}{p.Name, g, p.Unregistered}
					since, progress := stamp(g.Since), progressOf(&g)
					if p.Unregistered {
						since, progress = "-", "not started"
					}
					if err := t.row(line, p.Name, g.Generation, g.Fold, g.Status, since, g.Parked, progress); err != nil {
						return err
					}
				}
			}
			return t.end()
		},
	}
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

package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func (c *cli) projectionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "projections",
		Short: "List the projections and reactions, their generations, how many streams wait, and how far a rebuild is",
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
						since, progress = "-", "nothing has begun with it: are these the settings of its service?"
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

// projectionNames are the names of the projections that this code knows.
func projectionNames() []string {
	var names []string
	for _, r := range service.Reactions {
		names = append(names, r.Name)
	}
	for _, t := range annalsaws.CurrentReadTables(service) {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

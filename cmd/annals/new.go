package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/scaffold"
)

func (c *cli) newCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "new", Short: "Write new parts of a project"}
	cmd.AddCommand(c.newAggregateCommand())
	return cmd
}

func (c *cli) newAggregateCommand() *cobra.Command {
	var (
		plural string
		dry    bool
	)
	cmd := &cobra.Command{
		Use: "aggregate NAME", Short: "Write an aggregate with its tests, its routes and a read model, and have the project know it",
		Long: `Write what a new aggregate needs into the clone of the project that this is run in: its events, state and decisions in a package
of its own, its routes, a read model with a table, and the tests of all that; and name it where the project has to know it. What
comes out can be created, renamed and archived, and passes its tests: change it into what you need.

The name is that of a Go type: Invoice, GiftCard. Nothing is written where a file is there already, or where a place that new
aggregates are named in is missing: they are the comments "annals:new".`,
		Example: "  annals new aggregate Invoice\n  annals new aggregate Person --plural People",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := scaffold.NamesOf(args[0], plural)
			if err != nil {
				return usageError{err}
			}
			plan, err := scaffold.New(".", names)
			if err != nil {
				return err
			}
			if !dry {
				if err := plan.Write(); err != nil {
					return err
				}
			}
			return c.showPlan(cmd, plan, names, dry)
		},
	}
	cmd.Flags().StringVar(&plural, "plural", "", "the name's plural (default: by the rules of English)")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "write nothing, and say what would be written")
	return cmd
}

// written is what was, or would be, written.
type written struct {
	Created []string `json:"created"`
	Changed []string `json:"changed"`
	DryRun  bool     `json:"dryRun"`
}

func (c *cli) showPlan(cmd *cobra.Command, plan *scaffold.Plan, names scaffold.Names, dry bool) error {
	out := written{DryRun: dry}
	out.Created, out.Changed = plan.Files()
	return c.show(cmd, out, func(w io.Writer) {
		for _, file := range out.Created {
			fmt.Fprintln(w, "new    ", file)
		}
		for _, file := range out.Changed {
			fmt.Fprintln(w, "changed", file)
		}
		if dry {
			return
		}
		fmt.Fprintf(w, `
The stack has new routes and a new table. Have the reviewed template, the OpenAPI document and the reference know them, and
look at what changed:

  go test ./infra -run 'TestTemplateIsReviewed|TestExtractsAreReviewed' -update && go test ./docs -run 'TestRoutes|TestFunctionVariables' -update
  go test ./shop/api -run TestDocumentIsReviewed -update
  git diff infra/testdata shop/api/testdata docs

Then run it, and try it:

  make run FRESH=1
  curl -i http://127.0.0.1:3000/%s -H 'Content-Type: application/json' -d '{"name":"First"}'
`, names.Kebabs)
	})
}

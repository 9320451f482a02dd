package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/scaffold"
)

func (c *cli) newCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "new", Short: "Write new parts of a service"}
	cmd.AddCommand(c.newAggregateCommand())
	return cmd
}

func (c *cli) newAggregateCommand() *cobra.Command {
	var (
		plural string
		dry    bool
	)
	cmd := &cobra.Command{
		Use: "aggregate NAME", Short: "Write an aggregate with its tests, its routes and a read model, and declare it",
		Long: `Write a new aggregate into the module that this is run in: a folder beside the service's declaration, with events, state and
decisions, commands and a query, a read model, and the tests of all that; and one line of the declaration. What comes out can be
created, renamed and archived, and passes its tests: change it into what you need.

The name is that of a Go type: Invoice, GiftCard. Nothing is written where the folder exists, or where the module does not call
annals.New exactly once.`,
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
Run its tests:

  go test ./%s/...

The stack has new routes and a new table. If the project keeps reviewed copies of the template and of the OpenAPI document,
write them again and look at what changed. Annals itself does:

  go test ./infra -run 'TestTemplateIsReviewed|TestExtractsAreReviewed' -update && go test ./docs -run 'TestRoutes|TestFunctionVariables' -update
  go test ./shop -run TestDocumentIsReviewed -update
  git diff infra/testdata shop/testdata docs

Then run it, and try it:

  make run FRESH=1
  curl -i http://127.0.0.1:3000/%s -H 'Content-Type: application/json' -d '{"name":"First"}'
`, filepath.ToSlash(filepath.Dir(out.Created[0])), names.Kebabs)
	})
}

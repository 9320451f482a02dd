package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/scaffold"
)

func (c *cli) newCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "new", Short: "Write a new service, or new parts of one"}
	cmd.AddCommand(c.newServiceCommand(), c.newAggregateCommand(), c.newReadModelCommand(), c.newReactionCommand())
	return cmd
}

func (c *cli) newAggregateCommand() *cobra.Command {
	var (
		plural string
		dry    bool
	)
	cmd := &cobra.Command{
		Use: "aggregate NAME", Short: "Write an aggregate with its tests, its routes and a read model, and declare it",
		Long: `Write a new aggregate into the module of the current folder: a folder beside the declaration of the service,
with events, state, decisions, routes, a read model, and their tests. It adds one line to the declaration. The
new aggregate can be created, renamed and archived, and its tests pass: change it into what you need.

The name is capitalized words, such as GiftCard, or gift-card. Nothing is written if the folder exists, or
if the module does not call annals.New exactly once.`,
		Example: "  annals new aggregate Invoice\n  annals new aggregate Person --plural People",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := scaffold.AggregateNamesOf(args[0], plural)
			if err != nil {
				return usageError{err}
			}
			plan, err := scaffold.NewAggregate(".", names)
			if err != nil {
				return err
			}
			return c.write(cmd, plan, dry, "curl -i http://127.0.0.1:3000/"+names.Kebabs+
				` -H 'Content-Type: application/json' -d '{"owner":"ada","name":"First"}'`)
		},
	}
	cmd.Flags().StringVar(&plural, "plural", "", "the name's plural (default: by the rules of English)")
	dryRun(cmd, &dry)
	return cmd
}

func (c *cli) newReadModelCommand() *cobra.Command {
	var (
		of, by string
		dry    bool
	)
	cmd := &cobra.Command{
		Use:   "read-model NAME --of AGGREGATE",
		Short: "Write a read model of an aggregate with its test and its route, and declare it",
		Long: `Write a new read model into the module of the current folder: a file beside the declaration of the service,
and its test. It adds one line with a route to the declaration. The read model has a document for each stream
of the aggregate. With --by, it also has a list: the documents with the same value in a field of the events.
The list's route is for operators until you change that.

The name is capitalized words, such as OpenOrders, or open-orders.`,
		Example: "  annals new read-model order-progress --of Order\n" +
			"  annals new read-model customer-orders --of Order --by CustomerID",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := namesOf(args[0], of)
			if err != nil {
				return err
			}
			plan, err := scaffold.NewReadModel(".", names, of, by)
			if err != nil {
				return err
			}
			return c.write(cmd, plan, dry, "")
		},
	}
	cmd.Flags().StringVar(&of, "of", "", "the aggregate whose events it reads")
	cmd.Flags().StringVar(&by, "by", "", "the field of the events that the list selects by")
	dryRun(cmd, &dry)
	return cmd
}

func (c *cli) newReactionCommand() *cobra.Command {
	var (
		of, on string
		dry    bool
	)
	cmd := &cobra.Command{
		Use:   "reaction NAME --of AGGREGATE",
		Short: "Write a reaction to an event of an aggregate with its test, and declare it",
		Long: `Write a new reaction into the module of the current folder: a file beside the declaration of the service,
and its test. It adds one line to the declaration. The reaction runs after each event of one type. It loads the
aggregate and records nothing yet: write its decision.

The name is capitalized words, such as ReserveStock, or reserve-stock.`,
		Example: "  annals new reaction thank-customer --of Order --on OrderDelivered",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := namesOf(args[0], of)
			if err != nil {
				return err
			}
			plan, err := scaffold.NewReaction(".", names, of, on)
			if err != nil {
				return err
			}
			return c.write(cmd, plan, dry, "")
		},
	}
	cmd.Flags().StringVar(&of, "of", "", "the aggregate whose events it reacts to")
	cmd.Flags().StringVar(&on, "on", "",
		"the events that it reacts to (default: the first type that the aggregate registers)")
	dryRun(cmd, &dry)
	return cmd
}

func dryRun(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "write nothing, and show what would be written")
}

// namesOf returns the names of a part that belongs to an aggregate.
func namesOf(name, of string) (scaffold.Names, error) {
	if of == "" {
		return scaffold.Names{}, usage("--of is missing: name the aggregate whose events it reads, --of AGGREGATE")
	}
	names, err := scaffold.NamesOf(name, "")
	if err != nil {
		return names, usageError{err}
	}
	return names, nil
}

// written lists the files that were written, or that a dry run would write.
type written struct {
	Created []string `json:"created"`
	Changed []string `json:"changed"`
	DryRun  bool     `json:"dryRun"`
}

// write writes a plan and shows it. try is a request to try the new part with, "" for none.
func (c *cli) write(cmd *cobra.Command, plan *scaffold.Plan, dry bool, try string) error {
	if !dry {
		if err := plan.Write(); err != nil {
			return err
		}
	}
	out := written{DryRun: dry}
	out.Created, out.Changed = plan.Files()
	return c.show(cmd, out, func(w io.Writer) {
		for _, file := range out.Created {
			fmt.Fprintln(w, "new    ", file)
		}
		for _, file := range out.Changed {
			fmt.Fprintln(w, "changed", file)
		}
		if !dry {
			sayNext(w, plan.Module, filepath.ToSlash(filepath.Dir(out.Created[0])), try)
		}
	})
}

// sayNext says what to do after new files were written to a folder of a module.
func sayNext(w io.Writer, module, folder, try string) {
	if folder != "." {
		folder = "./" + folder
	}
	if module == scaffold.Annals {
		fmt.Fprint(w, reviewed)
	}
	fmt.Fprintf(w, "\nRun the tests:\n\n  go test %s\n", folder)
	fmt.Fprint(w, "\nThen run the service, and try it:\n\n  make run\n")
	if try != "" {
		fmt.Fprintf(w, "  %s\n", try)
	}
}

// reviewed is the advice in Annals' own module, whose sample has reviewed copies of generated files.
const reviewed = `
Update the reviewed copies of the template and of the OpenAPI document, and look at the changes:

  go test ./infra -run 'TestTemplateIsReviewed|TestExtractsAreReviewed' -update
  go test ./docs -run 'TestRoutes|TestFunctionVariables' -update
  go test ./shop -run TestDocumentIsReviewed -update
  git diff infra/testdata shop/testdata docs
`

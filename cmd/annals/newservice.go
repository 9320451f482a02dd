package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/scaffold"
)

func (c *cli) newServiceCommand() *cobra.Command {
	var s scaffold.Service
	cmd := &cobra.Command{
		Use:   "service NAME --module PATH",
		Short: "Write a service of your own: a module that runs, with tests, a stack and a CI file",
		Long: `Write a new service: a module of its own with one aggregate, a read model with a list, their tests, the
Lambda functions, the CDK app, a Makefile, a README and a CI file. Its tests pass, and it runs: change it
into what you need.

The name is in kebab case, such as parking-permits. The scopes of the API begin with it, and the stack's name is
made from it, so it can't change later. The aggregate's name is its singular, or that of --aggregate.

Nothing is written if the folder is not empty. The module requires this program's version of Annals. A program
that was built from a checkout has no version: give the checkout with --replace.`,
		Example: "  annals new service permits --module example.org/permits\n" +
			"  annals new service shop --module example.org/shop --aggregate order --replace ../annals",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Name, s.Version = args[0], annalsVersion()
			if s.Module == "" {
				return usage("--module is missing: give the path of the new module, such as --module example.org/%s", s.Name)
			}
			if s.Dir == "" {
				s.Dir = s.Name
			}
			if err := s.Check(); err != nil {
				return usageError{err}
			}
			plan, err := scaffold.NewService(s)
			if err != nil {
				return err
			}
			if err := plan.Write(); err != nil {
				return err
			}
			if err := scaffold.Tidy(cmd.Context(), s.Dir); err != nil {
				return fmt.Errorf("the service is written to %s, but its go.mod is incomplete: "+
					"run `go mod tidy` there when Go can reach the module proxy (see `go env GOPROXY`): %w", s.Dir, err)
			}
			return c.showService(cmd, plan, s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.Module, "module", "", "the path of the new module, such as example.org/permits")
	flags.StringVar(&s.Dir, "dir", "", "the folder to write to (default: NAME)")
	flags.StringVar(&s.Aggregate, "aggregate", "", "the name of the aggregate (default: NAME in the singular)")
	flags.StringVar(&s.Plural, "plural", "", "the plural of the aggregate's name (default: by the rules of English)")
	flags.StringVar(&s.Replace, "replace", "", "a checkout of Annals that the module takes Annals from")
	return cmd
}

// annalsVersion is the version of the module of Annals that this program was built from.
func annalsVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != scaffold.Annals {
		return ""
	}
	return info.Main.Version
}

func (c *cli) showService(cmd *cobra.Command, plan *scaffold.Plan, s scaffold.Service) error {
	var out written
	out.Created, out.Changed = plan.Files()
	return c.show(cmd, out, func(w io.Writer) {
		for _, file := range out.Created {
			fmt.Fprintln(w, "new    ", filepath.Join(s.Dir, file))
		}
		fmt.Fprintf(w, `
Test it and run it:

  cd %s
  make test
  make run

README.md describes the next steps.
`, s.Dir)
	})
}

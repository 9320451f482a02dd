package main

import (
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/pkg/es/projection"
)

// cli is what all commands share.
type cli struct {
	getenv func(string) string
	local  bool
	here   bool // rebuilds
	// rebuild adjusts rebuilds.
	rebuild projection.RebuildConfig
}

func newRoot(getenv func(string) string) *cobra.Command {
	c := &cli{getenv: getenv}
	root := &cobra.Command{
		Use:   "annals",
		Short: "Look after the read models of the service",
		Long: "Look after the read models of the service.\n\nThe tables' names are read from the environment, as the projector and the reactor function have it (TABLE_EVENTS and so on),\n" +
			"and AWS's settings as all its tools read them. With --local, both are those of the running `make run`.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().BoolVar(&c.local, "local", false, "work on the service that runs here (PORT=3000, DYNAMODB_ENDPOINT)")
	root.AddCommand(c.projectionsCommand(), c.rebuildCommand(), c.rollbackCommand(), c.abandonCommand(), c.parkedCommand(),
		c.catchUpCommand(), c.reconcileCommand(), c.republishCommand(), c.verifyCommand())
	return root
}

// operator connects to the service.
func (c *cli) operator(cmd *cobra.Command) (*app.Operator, error) {
	s, err := c.service(cmd)
	if err != nil {
		return nil, err
	}
	return s.Operator(c.rebuild)
}

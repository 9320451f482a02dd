package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/cmd/annals/internal/place"
	"github.com/annals-es/annals/internal/awsconfig/profiles"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// locate finds the service that the command line names, and sets the environment variables that AWS clients need to
// reach it.
//
// Errors: usageError if the command line names no service or several; those of package place.
func (c *cli) locate(ctx context.Context, in io.Reader) (annalsaws.Located, error) {
	l, err := c.find(ctx, in)
	if err != nil {
		return l, err
	}
	for name, value := range l.Environment {
		if err := os.Setenv(name, value); err != nil {
			return l, fmt.Errorf("%s: set %s: %w", l.Place, name, err)
		}
	}
	return l, nil
}

func (c *cli) find(ctx context.Context, in io.Reader) (annalsaws.Located, error) {
	given := 0
	for _, is := range []bool{c.local, c.stack != "", c.file != ""} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return annalsaws.Located{}, usage("say where the service is: --local for the one that runs on this machine, " +
			"--stack NAME for a stack on AWS, or --file FILE for the output of `annals describe`")
	case given > 1:
		return annalsaws.Located{}, usage("--local, --stack and --file each name a service: give only one of them")
	case c.local:
		return place.Local(ctx, c.localAddress())
	case c.stack != "":
		cfg, err := profiles.Load(ctx)
		if err != nil {
			return annalsaws.Located{}, err
		}
		return place.Stack(ctx, cfg, c.stack)
	case c.file == "-":
		return place.File(in, "standard input")
	}
	file, err := os.Open(c.file)
	if err != nil {
		return annalsaws.Located{}, err
	}
	defer func() { _ = file.Close() }()
	return place.File(file, c.file)
}

// localAddress is the address of the runner.
func (c *cli) localAddress() string { return "http://127.0.0.1:" + cmp.Or(c.getenv("PORT"), "3000") }

func (c *cli) describeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "describe", Short: "Print the service's description and the names of its resources, as JSON",
		Long: `Print the service's description and the names of its resources, as JSON: its aggregates with their events,
read models, reactions and routes; its tables, functions, queues and buckets. --file accepts this output instead of
--stack or --local: use it if you may not call CloudFormation, or if the service's tables have other names.`,
		Example: "  annals --stack Shop describe > shop.json\n  annals --file shop.json projections\n" +
			"  annals --stack Shop describe | jq -r '.resources.tables.events'",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := c.locate(cmd.Context(), cmd.InOrStdin())
			if err != nil {
				return err
			}
			if c.output == asJSON {
				return printJSON(cmd.OutOrStdout(), l)
			}
			return printIndented(cmd.OutOrStdout(), l)
		},
	}
}

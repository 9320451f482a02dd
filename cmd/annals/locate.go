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

// locate finds the service that the command line names, and puts the settings of AWS clients that its place needs into
// the environment.
//
// Errors: usageError, if it names none or several; those of package place.
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
			"--stack NAME for a stack on AWS, or --file FILE for what `annals describe` printed")
	case given > 1:
		return annalsaws.Located{}, usage("--local, --stack and --file each name a service: give one of them")
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

// localAddress is where the runner answers.
func (c *cli) localAddress() string { return "http://127.0.0.1:" + cmp.Or(c.getenv("PORT"), "3000") }

func (c *cli) describeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "describe", Short: "Print the service's description, and where all that it has is, as JSON",
		Long: `Print the service's description, and where all that it has is, as JSON: its aggregates with their events, read models,
reactions and routes, and the names of its tables, functions, queues and buckets. --file takes it, in place of --stack or
--local: where nobody may ask CloudFormation, or for a service whose tables have other names.`,
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

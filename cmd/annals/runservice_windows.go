package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// runCommand says that this system can't run a service: the runner uses process groups and file locks of Unix.
func (c *cli) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "run",
		Short:              "Run the service of this module on this machine (on Linux and macOS)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("annals run needs Linux or macOS: run it in the Windows Subsystem for Linux")
		},
	}
}

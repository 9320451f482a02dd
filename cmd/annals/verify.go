package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/pkg/es/verify"
)

func (c *cli) verifyCommand() *cobra.Command {
	var cfg verify.Config
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Look for commits that were changed, removed or added by hand",
		Long: "Look for commits that were changed, removed or added by hand: all streams are read, and compared with their own hashes and\n" +
			"with what checkpoints and snapshots remember. With TABLE_EVENTS set to a restored table, it lists what that one lacks.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runVerify(cmd, cfg) },
	}
	cmd.Flags().Float64Var(&cfg.UnitsPerSecond, "rate", 0, "the most read units a second, 0 = as many as go through")
	cmd.Flags().IntVar(&cfg.MaxFindings, "most", 1000, "how many findings are listed; all are counted")
	return cmd
}

func (c *cli) runVerify(cmd *cobra.Command, cfg verify.Config) error {
	s, err := c.service(cmd)
	if err != nil {
		return err
	}
	report, err := s.Verify(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		fmt.Fprintln(cmd.OutOrStdout(), f)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d streams, %d commits, %d events: %d findings\n", report.Streams, report.Commits, report.Events, report.Found)
	if report.Found > 0 {
		return errors.New("something is not as it was stored: docs/runbooks/tampered-commits.md")
	}
	return nil
}

// service is what the environment describes.
func (c *cli) service(cmd *cobra.Command) (app.Service, error) {
	if c.local {
		if err := c.useLocal(cmd.Context()); err != nil {
			return app.Service{}, err
		}
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.FromEnvironment(cmd.Context(), log, app.OperatorTables...)
}

package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/verify"
)

func (c *cli) verifyCommand() *cobra.Command {
	var (
		anchors, trusted string
		most             int
	)
	cmd := &cobra.Command{
		Use: "verify [STREAM]", Short: "Check that stored commits were not changed, in one stream or in all",
		Long: `Check that stored commits were not changed, in one stream or in all. It hashes every commit again, and
compares it with the commit before it, with the other commits of its append, and with the hashes in snapshots, in the
projections' checkpoints, and in signed anchors of an earlier check (see ` + "`annals anchors --help`" + `). Exit code
3: it found something.

For all streams, it reads the whole event table with strongly consistent reads, a read unit for each 4 KB, and all
read tables. If TABLE_EVENTS names a restored table, it reads that one, and lists the commits that it lacks. The
documentation of pkg/es/verify says what it can't detect.`,
		Example: "  annals --local verify\n  annals --local verify Order#o-1\n" +
			"  annals --stack Shop verify --anchors 2026-01.anchors --trusted key.pub.pem",
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&anchors, "anchors", "", "also compare with the anchors in this file")
	cmd.Flags().StringVar(&trusted, "trusted", "", "the public key (PEM) of the anchors' signature")
	cmd.Flags().Float64Var(&c.units, "rate", 0, "the most read units a second, 0 = no limit")
	cmd.Flags().IntVar(&most, "most", 1000, "the most findings that are listed; all are counted")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (anchors == "") != (trusted == "") {
			return usage("give --anchors and --trusted together: the key checks the signature of the anchors")
		}
		var more []verify.Witness
		if anchors != "" {
			read, err := readAnchors(anchors, trusted)
			if err != nil {
				return err
			}
			more = read.Witnesses("anchor of " + stamp(read.At))
		}
		var stream es.StreamID
		var err error
		if len(args) > 0 {
			if stream, err = streamArg(args[0]); err != nil {
				return err
			}
		}
		s, err := c.connect(cmd)
		if err != nil {
			return err
		}
		var report *verify.Report
		if len(args) > 0 {
			report, err = s.verifyStream(cmd.Context(), stream, more)
		} else {
			report, err = s.Verify(cmd.Context(), verify.Config{UnitsPerSecond: c.units, MaxFindings: most, Witnesses: more})
		}
		if err != nil {
			return err
		}
		return c.showReport(cmd, report)
	}
	return cmd
}

// verifyStream compares one stream with the checkpoints of the projections that read it, and with more witnesses.
func (s *session) verifyStream(ctx context.Context, stream es.StreamID, more []verify.Witness) (*verify.Report, error) {
	witnesses := slices.DeleteFunc(more, func(w verify.Witness) bool { return w.Stream != stream })
	for _, e := range s.operator.Engines() {
		reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream})
		if err != nil {
			return nil, err
		}
		for _, one := range reached {
			witnesses = append(witnesses, verify.Witness{
				Source: fmt.Sprintf("checkpoint of %s/%d", one.Projection, one.Build.Generation),
				Stream: stream, Version: one.Checkpoint.Version, Hash: one.Checkpoint.Hash,
			})
		}
	}
	report, err := verify.Stream(ctx, s.store, stream, witnesses...)
	if err == nil && report.Streams == 0 && report.Found == 0 {
		err = &es.NotFoundError{Stream: stream}
	}
	return report, err
}

// findingLine is a finding as it is shown.
type findingLine struct {
	Stream  string      `json:"stream,omitempty"`
	Version int64       `json:"version,omitempty"`
	Kind    verify.Kind `json:"kind"`
	Detail  string      `json:"detail"`
}

func (c *cli) showReport(cmd *cobra.Command, r *verify.Report) error {
	out := struct {
		Streams  int64         `json:"streams"`
		Commits  int64         `json:"commits"`
		Events   int64         `json:"events"`
		Found    int           `json:"found"`
		Findings []findingLine `json:"findings"`
	}{r.Streams, r.Commits, r.Events, r.Found, []findingLine{}}
	for _, f := range r.Findings {
		line := findingLine{Version: f.Version, Kind: f.Kind, Detail: f.Detail}
		if f.Stream != (es.StreamID{}) {
			line.Stream = f.Stream.String()
		}
		out.Findings = append(out.Findings, line)
	}
	err := c.show(cmd, out, func(w io.Writer) {
		for _, f := range r.Findings {
			fmt.Fprintln(w, visible(f.String(), false))
		}
		fmt.Fprintf(w, "%d streams, %d commits, %d events: %d findings\n", r.Streams, r.Commits, r.Events, r.Found)
	})
	if err == nil && r.Found > 0 {
		return found("the check has %d findings: see docs/runbooks/tampered-commits.md", r.Found)
	}
	return err
}

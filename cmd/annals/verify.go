package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
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
read tables. It can't list the checkpoints of read models in other stores than DynamoDB, and says which it did not
compare; for one stream, it asks the projector function for them. If TABLE_EVENTS names a restored table, it reads that
one, and lists the commits that it lacks. The documentation of pkg/es/verify says what it can't detect.`,
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
		var left []notCompared
		if len(args) > 0 {
			report, left, err = s.verifyStream(cmd.Context(), stream, more)
		} else {
			report, err = s.Verify(cmd.Context(), verify.Config{UnitsPerSecond: c.units, MaxFindings: most, Witnesses: more})
			left = s.operator.notCompared()
		}
		if err != nil {
			return err
		}
		return c.showReport(cmd, report, left)
	}
	return cmd
}

// notCompared is a read model whose checkpoints a verification did not compare.
type notCompared struct {
	Projection string `json:"projection"`
	Why        string `json:"why"`
}

// notCompared returns the read models whose checkpoints this tool can't list.
func (o *operator) notCompared() []notCompared {
	var all []notCompared
	for _, a := range o.apart {
		all = append(all, notCompared{a.Name, "it is in store " + a.Store + ", whose checkpoints this tool can't list: " +
			"`annals verify STREAM` compares one stream"})
	}
	return all
}

// verifyStream compares one stream with the checkpoints of the projections that read it, and with more witnesses. It
// returns the read models in other stores that could not be read.
func (s *session) verifyStream(
	ctx context.Context, stream es.StreamID, more []verify.Witness,
) (*verify.Report, []notCompared, error) {
	witnesses := slices.DeleteFunc(more, func(w verify.Witness) bool { return w.Stream != stream })
	add := func(e *projection.Engine) error {
		reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream})
		for _, one := range reached {
			witnesses = append(witnesses, verify.Witness{
				Source: fmt.Sprintf("checkpoint of %s/%d", one.Projection, one.Build.Generation),
				Stream: stream, Version: one.Checkpoint.Version, Hash: one.Checkpoint.Hash,
			})
		}
		return err
	}
	for _, e := range s.operator.Engines() {
		if err := add(e); err != nil {
			return nil, nil, err
		}
	}
	var left []notCompared
	for _, a := range s.operator.apart {
		if err := add(a.Engine); err != nil {
			left = append(left, notCompared{a.Name, a.Failed(err).Error()})
		}
	}
	report, err := verify.Stream(ctx, s.store, stream, witnesses...)
	if err == nil && report.Streams == 0 && report.Found == 0 {
		err = &es.NotFoundError{Stream: stream}
	}
	return report, left, err
}

// findingLine is a finding as it is shown.
type findingLine struct {
	Stream  string      `json:"stream,omitempty"`
	Version int64       `json:"version,omitempty"`
	Kind    verify.Kind `json:"kind"`
	Detail  string      `json:"detail"`
}

func (c *cli) showReport(cmd *cobra.Command, r *verify.Report, left []notCompared) error {
	out := struct {
		Streams  int64         `json:"streams"`
		Commits  int64         `json:"commits"`
		Events   int64         `json:"events"`
		Found    int           `json:"found"`
		Findings []findingLine `json:"findings"`
		// NotCompared are the read models whose checkpoints were not compared.
		NotCompared []notCompared `json:"notCompared,omitempty"`
	}{r.Streams, r.Commits, r.Events, r.Found, []findingLine{}, left}
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
		for _, l := range left {
			fmt.Fprintf(w, "not compared with the checkpoints of %s: %s\n", l.Projection, visible(l.Why, false))
		}
		fmt.Fprintf(w, "%d streams, %d commits, %d events: %d findings\n", r.Streams, r.Commits, r.Events, r.Found)
	})
	if err == nil && r.Found > 0 {
		return found("the check has %d findings: see docs/runbooks/tampered-commits.md", r.Found)
	}
	return err
}

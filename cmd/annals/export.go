package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/archive"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

func (c *cli) exportCommand() *cobra.Command {
	var prefix, as, source string
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write all commits to a file: an archive to import elsewhere, or CloudEvents",
		Long: `Write all commits to a file that is not there yet, or to standard output where FILE is "-".

As an archive, they are written with all that their hashes cover, for ` + "`annals import`" + `: to move them, or to keep them apart from
AWS. As CloudEvents 1.0, each event is one JSON object on a line, for other programs; that can't be imported.

Streams come in no order, the commits of each in theirs. What is stored meanwhile is in it or not: of an append to several
streams perhaps a part, which ` + "`annals verify`" + ` then finds missing after an import. To have all of one moment, restore the table
to it beside the one in use (point-in-time recovery), and export that.

` + wholeTable + ` An archive costs twice that, and misses nothing: it is
read strongly consistent.`,
		Example: "  annals --stack Shop export annals.ndjson\n  annals --local export - --as cloudevents --prefix Order# | head",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&as, "as", "archive", "archive or cloudevents")
	cmd.Flags().StringVar(&prefix, "prefix", "", "only streams whose names begin so")
	cmd.Flags().StringVar(&source, "source", "/annals", "what CloudEvents name as their source (a URI reference)")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"archive", "cloudevents"}, cobra.ShellCompDirectiveNoFileComp))
	c.unitsFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if as != "archive" && as != "cloudevents" {
			return usage("--as %s: want archive or cloudevents", as)
		}
		s, err := c.connect(cmd)
		if err != nil {
			return err
		}
		e := exporting{source: source, progress: newProgress(cmd.ErrOrStderr(), "export", s.about(cmd.Context()))}
		write := func(w io.Writer) error {
			all := s.Commits(cmd.Context(), inspect.Query{Stream: prefix}, as == "archive")
			if as == "archive" {
				return e.archive(w, all)
			}
			return e.cloudEvents(w, all)
		}
		if args[0] == "-" {
			return e.buffered(cmd.OutOrStdout(), write)
		}
		if err := writeNew(args[0], func(w io.Writer) error { return e.buffered(w, write) }); err != nil {
			return err
		}
		out := struct {
			File    string `json:"file"`
			Commits int64  `json:"commits"`
			Events  int64  `json:"events"`
		}{args[0], e.progress.commits, e.progress.events}
		return c.show(cmd, out, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %d commits, %d events\n", out.File, out.Commits, out.Events)
		})
	}
	return cmd
}

// exporting is an export on its way.
type exporting struct {
	source   string
	progress *progress
}

func (e *exporting) buffered(w io.Writer, write func(io.Writer) error) error {
	defer e.progress.end()
	out := bufio.NewWriterSize(w, 1<<20)
	if err := write(out); err != nil {
		return err
	}
	return out.Flush()
}

// cloudEvent is an event in its envelope: CloudEvents 1.0 in its JSON format, with extensions of ours.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Sequence        string          `json:"sequence"`
	SchemaVersion   string          `json:"schemaversion"`
	RecordedTime    time.Time       `json:"recordedtime"`
	CommitID        string          `json:"commitid"`
	CorrelationID   string          `json:"correlationid,omitempty"`
	CausationID     string          `json:"causationid,omitempty"`
	Actor           string          `json:"actor,omitempty"`
	Data            json.RawMessage `json:"data"`
}

// newCloudEvent is a commit's i-th event. Its id names its place: it is the same in every export.
func newCloudEvent(source string, c *inspect.Commit, i int) cloudEvent {
	e := c.Events[i]
	happened := c.At
	if c.OccurredAt != nil {
		happened = *c.OccurredAt
	}
	return cloudEvent{
		SpecVersion: "1.0", ID: fmt.Sprintf("%s@%d", c.Stream, e.Version), Source: source, Type: e.Type, Subject: c.Stream,
		Time: happened, DataContentType: "application/json", Sequence: fmt.Sprintf("%019d", e.Version),
		SchemaVersion: strconv.Itoa(e.Schema), RecordedTime: c.At, CommitID: c.CommitID, CorrelationID: c.Metadata.CorrelationID,
		CausationID: c.Metadata.CausationID, Actor: c.Metadata.Actor, Data: e.Data,
	}
}

func (e *exporting) archive(w io.Writer, all iter.Seq2[es.Commit, error]) error {
	out := archive.NewWriter(w)
	for c, err := range all {
		if err == nil {
			err = out.Add(&c)
		}
		if err != nil {
			return err
		}
		e.progress.add(1, len(c.Events))
	}
	return out.Close()
}

func (e *exporting) cloudEvents(w io.Writer, all iter.Seq2[es.Commit, error]) error {
	for c, err := range all {
		if err != nil {
			return err
		}
		shown := inspect.NewCommit(&c)
		for i := range shown.Events {
			if err := printJSON(w, newCloudEvent(e.source, &shown, i)); err != nil {
				return err
			}
		}
		e.progress.add(1, len(c.Events))
	}
	return nil
}

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
		Long: `Write all commits to a new file, or to standard output if FILE is "-".

An archive has everything that the commits' hashes cover. ` + "`annals import`" + ` reads it: to move the events, or
to keep a copy outside of AWS. As CloudEvents 1.0, each event is one JSON object on a line, for other programs.
CloudEvents can't be imported.

Streams are in no order; the commits of a stream are in order. The export may or may not have commits that are stored
while it runs. It may have only a part of an append to several streams; ` + "`annals verify`" + ` reports that after
an import. For an export of one moment, restore the table to that moment as a second table (point-in-time recovery),
and export that table.

` + wholeTable + ` An archive costs twice as much and misses nothing: its
reads are strongly consistent.`,
		Example: "  annals --stack Shop export annals.ndjson\n" +
			"  annals --local export - --as cloudevents --prefix Order# | head",
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&as, "as", "archive", "archive or cloudevents")
	cmd.Flags().StringVar(&prefix, "prefix", "", "only streams whose names begin with this")
	cmd.Flags().StringVar(&source, "source", "/annals", "the source of CloudEvents (a URI reference)")
	_ = cmd.RegisterFlagCompletionFunc("as",
		cobra.FixedCompletions([]string{"archive", "cloudevents"}, cobra.ShellCompDirectiveNoFileComp))
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

// exporting is a running export.
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

// cloudEvent is an event in the JSON format of CloudEvents 1.0, with extension attributes.
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

// newCloudEvent returns a commit's i-th event. Its id is the event's stream and version, so it is the same in every
// export.
func newCloudEvent(source string, c *inspect.Commit, i int) cloudEvent {
	e := c.Events[i]
	happened := c.At
	if c.OccurredAt != nil {
		happened = *c.OccurredAt
	}
	return cloudEvent{
		SpecVersion: "1.0", ID: fmt.Sprintf("%s@%d", c.Stream, e.Version), Source: source, Type: e.Type, Subject: c.Stream,
		Time: happened, DataContentType: "application/json", Sequence: fmt.Sprintf("%019d", e.Version),
		SchemaVersion: strconv.Itoa(e.Schema), RecordedTime: c.At, CommitID: c.CommitID,
		CorrelationID: c.Metadata.CorrelationID,
		CausationID:   c.Metadata.CausationID, Actor: c.Metadata.Actor, Data: e.Data,
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

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
)

func (c *cli) subjectsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "subjects", Short: "Forget a person, or show what is stored about a person",
		Long: `Forget a person, or show what is stored about a person.

A subject is a person whom events have personal data about: an id that the events' marked fields name. The commands need
a service whose events have marked fields.`,
	}
	cmd.AddCommand(c.listSubjectsCommand(), c.showSubjectCommand(), c.exportSubjectCommand(),
		c.reportCommand(),
		writer(c.forgetCommand()), writer(c.reapplyCommand()))
	return cmd
}

// keys connects to the service and its table of keys.
func (c *cli) keys(cmd *cobra.Command) (*session, *dynamokeys.Keys, error) {
	s, err := c.connect(cmd)
	if err != nil {
		return nil, nil, err
	}
	table := s.table(annalsaws.Keys)
	if table == "" {
		return nil, nil, fmt.Errorf("%s has no personal data: none of its events has a field with the tag personal", s.Place)
	}
	keys, err := dynamokeys.New(s.dynamoDB, table)
	return s, keys, err
}

func (c *cli) listSubjectsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all subjects: those who have a key, and those who were forgotten",
		Long: "List all subjects: those who have a key, and those who were forgotten. The command reads the table of keys, and prints\n" +
			"no key.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, keys, err := c.keys(cmd)
			if err != nil {
				return err
			}
			t := c.table(cmd, "SUBJECT", "KEY", "FORGOTTEN", "SINCE")
			for key, err := range keys.Subjects(cmd.Context()) {
				if err != nil {
					return err
				}
				if strings.HasPrefix(key.Subject, "$") { // no person
					continue
				}
				row := struct {
					Subject   string    `json:"subject"`
					Key       int       `json:"key"`
					Forgotten bool      `json:"forgotten"`
					Since     time.Time `json:"since"`
				}{key.Subject, key.Number, key.Forgotten, key.At}
				if err := t.row(row, key.Subject, key.Number, key.Forgotten, stamp(key.At)); err != nil {
					return err
				}
			}
			return t.end()
		},
	}
}

// subject is a person with the report and the streams with data about the person.
type subject struct {
	Subject string `json:"subject"`
	subjects.Report
	Names []string `json:"names"`
}

// progress changes with each step of a forgetting.
func (s *subject) progress() string { return fmt.Sprint(s.Status, s.Streams) }

// stuckAfter is how long a step of a forgetting may take.
const stuckAfter = 20 * time.Minute

// subject asks for a subject.
func (s *session) subject(ctx context.Context, id string) (subject, error) {
	out, in := subject{Subject: id}, ask.Request{Task: ask.Subject, Subject: id}
	for {
		answer, err := s.operator.functions.Ask(ctx, annalsaws.Query, in)
		if err != nil {
			return subject{}, err
		}
		if answer.Report == nil {
			return subject{}, errors.New("the query function answered without a report: deploy the stack again")
		}
		out.Report, out.Names = *answer.Report, append(out.Names, answer.Streams...)
		if !answer.More || len(answer.Streams) == 0 {
			return out, nil
		}
		in.Stream = answer.Streams[len(answer.Streams)-1]
	}
}

// forget asks to forget a subject. It returns when the request is stored.
func (s *session) forget(ctx context.Context, id, actor string) error {
	_, err := s.operator.functions.Ask(ctx, annalsaws.Rebuilder, ask.Request{Task: ask.Forget, Subject: id, Actor: actor})
	return err
}

// actor is who asks for changes, for the audit trail.
func (c *cli) actor() string { return "annals/" + cmp.Or(c.getenv("USER"), "operator") }

func writeSubject(w io.Writer, s subject) {
	fmt.Fprintf(w, "%s: %s\n", visible(s.Subject, false), s.Status)
	line := func(name string, value any) { fmt.Fprintf(w, "  %-20s %v\n", name, value) }
	at := func(name string, t *time.Time) {
		if t != nil {
			line(name, stamp(*t))
		}
	}
	line("streams", len(s.Names))
	at("requested", s.RequestedAt)
	at("key deleted", s.KeyDeletedAt)
	at("in memory until", s.Until)
	if s.Status == subjects.Known {
		return
	}
	line("streams cleared", s.Streams)
	line("documents folded", s.Documents)
	line("rows folded", s.Rows)
	line("snapshots removed", s.Snapshots)
	if len(s.Unknown) > 0 {
		line("not cleared", "read models that the code does not have: "+strings.Join(s.Unknown, ", "))
	}
	for _, p := range s.Published {
		line("public events", fmt.Sprintf("%d %s", p.Events, p.Type))
	}
	at("forgotten", s.ForgottenAt)
	at("final", s.Final)
}

func (c *cli) showSubjectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show how far a person is forgotten, and how many streams have data about the person",
		Example: "  annals --local subjects show c-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, err := c.keys(cmd)
			if err != nil {
				return err
			}
			out, err := s.subject(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return c.show(cmd, out, func(w io.Writer) { writeSubject(w, out) })
		},
	}
}

func (c *cli) exportSubjectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export ID", Short: "Print everything that is stored about a person, decrypted, as one JSON document",
		Long: `Print everything that is stored about a person, decrypted, as one JSON document. Of streams that belong to the person
it has all events, of other streams those with data about the person. Streams without marked data about the person are
not in it. Marked values about other people are erased.`,
		Example: "  annals --local subjects export c-1 > c-1.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, err := c.keys(cmd)
			if err != nil {
				return err
			}
			found, err := s.subject(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			out := subjects.Document{
				Subject: args[0], At: time.Now().UTC(), Report: found.Report, Streams: []subjects.Stream{},
			}
			for _, name := range found.Names {
				stream, err := s.exported(cmd.Context(), args[0], name)
				if err != nil {
					return err
				}
				if len(stream.Events) > 0 {
					out.Streams = append(out.Streams, stream)
				}
			}
			return c.show(cmd, out, func(io.Writer) { _ = printIndented(cmd.OutOrStdout(), out) })
		},
	}
}

// exported asks for what a stream holds about a person.
func (s *session) exported(ctx context.Context, id, stream string) (out subjects.Stream, err error) {
	in := ask.Request{Task: ask.Export, Subject: id, Stream: stream}
	for {
		answer, err := s.operator.functions.Ask(ctx, annalsaws.Query, in)
		if err != nil || answer.Exported == nil {
			return out, err
		}
		out.Type, out.ID = answer.Exported.Type, answer.Exported.ID
		out.Events = append(out.Events, answer.Exported.Events...)
		if in.Version = answer.Next; in.Version == 0 {
			return out, nil
		}
	}
}

func (c *cli) forgetCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "forget ID", Short: "Forget a person, for good: delete the person's key, and clear what was derived with it",
		Long: `Forget a person, for good. It does what POST /subjects/{id}/forget does: the person's key is deleted, and a few minutes
later, when no function has it in memory any more, read models and snapshots are cleared. Events stay as they are: nobody
can decrypt the person's data in them.

The command returns when the request is stored. With --wait it returns when the person is forgotten. If that failed, the
same command goes on.`,
		Example: "  annals --local subjects forget c-1 --wait",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "return when the person is forgotten")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, _, err := c.keys(cmd)
		if err != nil {
			return err
		}
		if err := s.forget(cmd.Context(), args[0], c.actor()); err != nil {
			return err
		}
		out, err := s.subject(cmd.Context(), args[0])
		for moved := time.Now(); wait && err == nil && out.Status != subjects.Forgotten; {
			before := out.progress()
			if err = sleep(cmd.Context(), s.operator.pause); err == nil {
				out, err = s.subject(cmd.Context(), args[0])
			}
			switch {
			case out.progress() != before || out.Until != nil && time.Now().Before(*out.Until):
				moved = time.Now()
			case err == nil && time.Since(moved) > stuckAfter:
				err = fmt.Errorf("nothing has happened for %v: %s is still %s: docs/runbooks/stopped-forgetting.md says what to do",
					stuckAfter, args[0], out.Status)
			}
		}
		if err != nil {
			return err
		}
		return c.show(cmd, out, func(w io.Writer) { writeSubject(w, out) })
	}
	return cmd
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (c *cli) reportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "report", Short: "Find events that have personal data in the clear, from before their fields were marked",
		Long: `Find events that have personal data in the clear, because they were stored before their fields were marked. Events are
never changed, so such values can't be forgotten: read models, past states and exports show them. The exit code is 3 if
there are any.

It reads the whole event table.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, _, err := c.keys(cmd)
			if err != nil {
				return err
			}
			all, unread, err := s.plainEvents(cmd.Context())
			if err != nil {
				return err
			}
			t, events := c.table(cmd, "EVENT", "SCHEMA", "EVENTS", "FIRST"), 0
			for _, p := range all {
				events += p.Events
				if err := t.row(p, p.Type, p.Schema, p.Events, p.First); err != nil {
					return err
				}
			}
			if err := t.end(); err != nil || events == 0 && unread == "" {
				return err
			}
			if events == 0 {
				return found("%s can't be read, so this may be incomplete: `annals verify` lists such events", unread)
			}
			return found("%d events have personal data in the clear, which can't be forgotten: "+
				"docs/howto/personal-data.md says what can be done", events)
		},
	}
}

// plainEvents asks for the events that have personal data in the clear. unread is an event that can't be read, if any.
func (s *session) plainEvents(ctx context.Context) (all []ask.PlainEvents, unread string, err error) {
	in := ask.Request{Task: ask.Plain, Of: 1}
	for in.Position != es.End {
		answer, err := s.operator.functions.Ask(ctx, annalsaws.Rebuilder, in)
		if err != nil {
			return nil, "", err
		}
		unread = cmp.Or(unread, answer.FirstUnread)
		for _, p := range answer.Plain {
			at := slices.IndexFunc(all, func(o ask.PlainEvents) bool { return o.Type == p.Type && o.Schema == p.Schema })
			if at < 0 {
				all = append(all, p)
				continue
			}
			all[at].Events += p.Events
		}
		in.Position = answer.Position
	}
	return all, unread, nil
}

func (c *cli) reapplyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reapply", Short: "Delete again the keys of forgotten people, in a table of keys that was recovered",
		Long: `Delete again the keys of all people whom the events record as forgotten, and note again which streams have data about whom.
A table of keys that was recovered to an earlier moment has keys of forgotten people again, and lacks later notes. Name it
by ` + annalsaws.Keys.Env() + ` and run the command before functions use the table.

It reads the whole event table, and costs a write unit for each person in each stream.`,
		Example: "  " + annalsaws.Keys.Env() + "=restored-keys annals --stack Shop subjects reapply",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, keys, err := c.keys(cmd)
			if err != nil {
				return err
			}
			out, err := subjects.Reapply(cmd.Context(), s.store, keys, time.Now())
			if err != nil {
				return err
			}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "keys deleted again: %d\nstreams noted again: %d\n", out.Deleted, out.Noted)
			})
		},
	}
}

package annalslambda

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
)

// ForgetRequest is the request of the state machine that forgets a person to the rebuilder. It is also the input of an
// execution.
type ForgetRequest struct {
	// Subject is whom to forget.
	Subject string `json:"subject"`
}

// Forgetting is the answer to a [ForgetRequest].
type Forgetting struct {
	Subject string `json:"subject"`
	// Done means that the person is forgotten. If not, send the request again after Wait seconds.
	Done bool `json:"done"`
	Wait int  `json:"wait"`
}

// Forgetter returns what forgets a person, as far as there is time in one invocation. It needs
// [annalsaws.RebuilderTables].
//
// Errors: those of [annals.Service.Open]. The function returns those of [subjects.Forgetter.Advance].
func (d Deployment) Forgetter() (func(context.Context, ForgetRequest) (Forgetting, error), error) {
	o, engine, err := d.rebuilds()
	if err != nil {
		return nil, err
	}
	return d.forget(o, engine), nil
}

func (d Deployment) forget(
	o *opened, engine *projection.Engine,
) func(context.Context, ForgetRequest) (Forgetting, error) {
	return func(ctx context.Context, in ForgetRequest) (Forgetting, error) {
		out := Forgetting{Subject: in.Subject}
		f, err := o.Forgetter(engine, subjects.Config{
			Wait: d.ForgetWait, Recoverable: d.Recoverable, DeadlineMargin: forgetMargin, Now: d.Store.Now,
		})
		if err != nil {
			return out, err
		}
		p, err := f.Advance(ctx, in.Subject)
		if err != nil {
			d.Log.LogAttrs(ctx, slog.LevelError, "a step of a forgetting failed", slog.String("subject", in.Subject),
				slog.String("error", annalshttp.Describe(err)))
			return out, err
		}
		out.Done, out.Wait = p.Done, int(math.Ceil(p.Wait.Seconds()))
		return out, nil
	}
}

// forgetMargin is how long before the end of an invocation no further step begins: a step clears up to 500 streams.
const forgetMargin = 5 * time.Minute

// forgetTasks are the tasks of operators' tools about people.
func (d Deployment) forgetTasks(o *opened) tasks {
	return tasks{
		ask.Plain: func(ctx context.Context, in *ask.Request) (*ask.Answer, error) { return d.plain(ctx, o, in) },
		ask.Forget: func(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
			_, report, err := o.Forget(ctx, in.Subject, es.Command{Meta: es.Meta{Actor: in.Actor}})
			return &ask.Answer{Report: &report.Report}, err
		},
	}
}

// plain finds events that have personal data in the clear, until the segment ends or the time is nearly over.
func (d Deployment) plain(ctx context.Context, o *opened, in *ask.Request) (*ask.Answer, error) {
	out := &ask.Answer{Position: in.Position}
	segment := es.Segment{Index: in.Segment, Of: max(in.Of, 1), After: in.Position}
	for page, err := range o.store.Scan(ctx, segment) {
		if err != nil {
			return nil, err
		}
		for _, corrupt := range page.Corrupt {
			unread(out, es.StreamVersion{Stream: corrupt.Stream, Version: corrupt.Version})
		}
		for i := range page.Commits {
			d.plainIn(&page.Commits[i], out)
		}
		out.Position = page.Next
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < rebuildMargin {
			return out, nil
		}
	}
	out.Position = es.End
	return out, nil
}

// unread counts an event that can't be read.
func unread(out *ask.Answer, at es.StreamVersion) {
	out.Unread++
	out.FirstUnread = cmp.Or(out.FirstUnread, at.String())
}

func (d Deployment) plainIn(c *es.Commit, out *ask.Answer) {
	a := d.Service.Aggregate(c.Stream.Type)
	if a == nil || !a.Personal {
		return
	}
	for i, e := range c.Events {
		values, err := a.Plain(c, i)
		first := es.StreamVersion{Stream: c.Stream, Version: c.Version + int64(i)}
		if err != nil {
			unread(out, first)
		}
		if len(values) == 0 {
			continue
		}
		at := slices.IndexFunc(out.Plain, func(p ask.PlainEvents) bool { return p.Type == e.Type && p.Schema == e.Schema })
		if at < 0 {
			at = len(out.Plain)
			out.Plain = append(out.Plain, ask.PlainEvents{Type: e.Type, Schema: e.Schema, First: first.String()})
		}
		out.Plain[at].Events++
	}
}

// maxNames is how many names of streams, of at most 2 KB each, a function answers with.
const maxNames = 2000

// exportedPage returns the events from a version on that fit into an answer, and the version of the first that does not,
// 0 if all do.
func exportedPage(all []subjects.Exported, from int64) (page []subjects.Exported, next int64) {
	page, size := []subjects.Exported{}, 0
	for i := range all {
		if all[i].Version < from {
			continue
		}
		if size += len(all[i].Data); size > maxState && len(page) > 0 && all[i].Version > page[len(page)-1].Version {
			return page, all[i].Version
		}
		page = append(page, all[i])
	}
	return page, 0
}

// subjectTasks are the tasks of operators' tools that read what is stored about people.
func (o *opened) subjectTasks() tasks {
	return tasks{
		ask.Subject: func(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
			report, err := o.Subject(ctx, in.Subject)
			if err != nil {
				return nil, err
			}
			names, err := subjects.StreamNames(ctx, o.Personal.Keys(), in.Subject)
			out := &ask.Answer{Report: &report.Report}
			for _, name := range names {
				if text := name.String(); text > in.Stream && len(out.Streams) < maxNames {
					out.Streams = append(out.Streams, text)
				} else if text > in.Stream {
					out.More = true
				}
			}
			return out, err
		},
		ask.Export: onStream(func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
			x, err := o.Exporter()
			if err != nil {
				return nil, err
			}
			exported, err := x.Stream(ctx, stream, in.Subject)
			if err != nil {
				return nil, err
			}
			out := &ask.Answer{Exported: &exported}
			exported.Events, out.Next = exportedPage(exported.Events, in.Version)
			return out, nil
		}),
	}
}

package annalshttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// asked has the headers of every command.
type asked struct {
	correlated
	IdempotencyKey idempotencyKey `header:"Idempotency-Key" doc:"Makes it safe to repeat the command: it is stored once, and a repeat gets the first answer again"`
	OccurredAt     instant        `header:"Occurred-At" example:"2026-01-31T12:00:00Z" doc:"When it happened (RFC 3339, no finer than a microsecond), if that was not now. Must not be in the future"`
}

// conditional has the additional header of commands on one existing aggregate.
type conditional struct {
	IfMatch string `header:"If-Match" minLength:"1" pattern:"^(\"(0|[1-9][0-9]{0,17})\"|[*])$" patternDescription:"one version in double quotes, such as \"7\", or *" doc:"The version that the aggregate must have, in double quotes, as in ETag. * allows any version"`
}

// unconditional is for commands that create an aggregate or change several: they refuse If-Match, since there is no
// single version that it could mean.
type unconditional struct {
	IfMatch string `header:"If-Match" hidden:"true"`
}

// check refuses If-Match.
func (u unconditional) check() error {
	if u.IfMatch != "" {
		return invalidField("header."+ifMatchHeader, "must be absent: only commands on one existing aggregate take it")
	}
	return nil
}

// expected returns the version that the caller demands, nil for any. The schema has checked the header's form.
func (c conditional) expected() *int64 {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return nil
	}
	version, err := strconv.ParseInt(strings.Trim(c.IfMatch, `"`), 10, 64)
	if err != nil {
		version = -1 // no aggregate has this version
	}
	return &version
}

// command runs a command.
//
// Errors: [Problem]; [es.NotFoundError], also for an aggregate of another owner; those of the operation; those of the
// event store.
func (e *edge) command(ctx context.Context, o *annals.Operation, in *input) (*answer, error) {
	var (
		told     asked
		expected *int64
	)
	switch t := in.told.(type) {
	case *creating:
		if err := t.check(); err != nil {
			return nil, err
		}
		told = t.asked
	case *changing:
		told, expected = t.asked, t.expected()
	}
	cmd, err := e.commandOf(ctx, o, told, in)
	if err != nil {
		return nil, err
	}
	cmd.ExpectedVersion = expected
	q := &annals.Request{ID: in.id, Command: cmd, Caller: e.caller(ctx), In: in.own}
	switch o.Kind {
	case annals.Creates:
		return e.create(ctx, o, in, q)
	case annals.CreatesOrChanges:
		if o.OwnerOnly {
			return e.createOrChangeOwn(ctx, o, q)
		}
		return e.createOrChange(ctx, o, q)
	case annals.Transacts:
		return e.transact(ctx, o, q)
	case annals.Forgets:
		return e.forget(ctx, o, q)
	default:
		return e.change(ctx, o, q)
	}
}

// commandOf returns the command as package es needs it: metadata, and the id if there is an Idempotency-Key.
func (e *edge) commandOf(ctx context.Context, o *annals.Operation, told asked, in *input) (es.Command, error) {
	subject := e.caller(ctx).Subject()
	cmd := es.Command{Meta: es.Meta{CorrelationID: correlationID(ctx), Actor: subject}}
	if told.OccurredAt != "" {
		at, err := told.OccurredAt.time("header." + occurredAtHeader)
		if err != nil {
			return cmd, err
		}
		cmd.Meta.OccurredAt = at
	}
	if told.IdempotencyKey != "" {
		key, err := told.IdempotencyKey.key()
		if err != nil {
			return cmd, err
		}
		cmd.Ref = es.CommandRef{
			ID: commandID(subject, o, in.target, key), Fingerprint: fingerprint(in.body, cmd.Meta.OccurredAt, in.more...),
		}
	}
	return cmd, nil
}

// create runs a command that creates an aggregate.
func (e *edge) create(ctx context.Context, o *annals.Operation, in *input, q *annals.Request) (*answer, error) {
	if o.IDOf != nil {
		q.ID = o.IDOf(in.own)
	}
	q.ID = newID(q.ID, q.Command)
	if o.SetID != nil {
		o.SetID(in.own, q.ID)
	}
	out, err := o.Run(ctx, e.running, q)
	if err != nil {
		return nil, err
	}
	answered := movedTo(http.StatusCreated, out)
	answered.headers["Location"] = pathOf(o, in.target) + "/" + q.ID
	return answered, nil
}

// pathOf returns the path of an operation with the values of its parameters.
func pathOf(o *annals.Operation, target []string) string {
	path := o.Path
	for i, name := range o.Parameters {
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(target[i]), 1)
	}
	return path
}

// change runs a command on an existing aggregate.
func (e *edge) change(ctx context.Context, o *annals.Operation, q *annals.Request) (*answer, error) {
	if err := e.reach(ctx, es.StreamID{Type: o.StreamType, ID: q.ID}); err != nil {
		return nil, err
	}
	out, err := o.Run(ctx, e.running, q)
	if err != nil {
		return nil, err
	}
	return movedTo(http.StatusOK, out), nil
}

// forget runs a command that forgets a person. The answer says how far that is.
func (e *edge) forget(ctx context.Context, o *annals.Operation, q *annals.Request) (*answer, error) {
	out, err := o.Run(ctx, e.running, q)
	if err != nil {
		return nil, err
	}
	return answerOf(http.StatusAccepted, out), nil
}

// createAttempts is how often createOrChange tries if other callers create the aggregate at the same time.
const createAttempts = 3

// createOrChange runs a command on an aggregate that may not exist yet. If it does not, the command must create it
// (expected version 0). So if another caller creates it concurrently, it belongs to that caller, and this caller is
// checked again as for any existing aggregate.
func (e *edge) createOrChange(ctx context.Context, o *annals.Operation, q *annals.Request) (*answer, error) {
	demanded, none := q.Command.ExpectedVersion, int64(0)
	for attempt := 1; ; attempt++ {
		q.Command.ExpectedVersion = demanded
		err := e.reach(ctx, es.StreamID{Type: o.StreamType, ID: q.ID})
		absent := false
		if errors.As(err, new(*es.NotFoundError)) {
			stream := es.StreamID{Type: o.StreamType, ID: q.ID}
			if absent, err = e.absent(ctx, stream, err); absent {
				if demanded != nil && *demanded != none {
					return nil, &es.VersionMismatchError{Stream: stream, Expected: *demanded}
				}
				q.Command.ExpectedVersion = &none
			}
		}
		if err != nil {
			return nil, err
		}
		out, err := o.Run(ctx, e.running, q)
		if absent && demanded == nil && attempt < createAttempts && errors.As(err, new(*es.VersionMismatchError)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return movedTo(http.StatusOK, out), nil
	}
}

// createOrChangeOwn runs a command on the aggregate of the person that {id} names, which may not exist yet. No other
// caller creates it.
func (e *edge) createOrChangeOwn(ctx context.Context, o *annals.Operation, q *annals.Request) (*answer, error) {
	if !e.isPerson(ctx, q.ID) {
		return nil, noPerson(o, q.ID)
	}
	out, err := o.Run(ctx, e.running, q)
	if err != nil {
		return nil, err
	}
	return movedTo(http.StatusOK, out), nil
}

// absent reports whether a stream that reach refused has no events. If it has some, absent returns the error of reach.
func (e *edge) absent(ctx context.Context, stream es.StreamID, unreachable error) (bool, error) {
	head, err := e.events.Head(ctx, stream)
	switch {
	case err != nil:
		return false, err
	case head.Version() > 0:
		return false, unreachable
	}
	return true, nil
}

// transact runs a command on several aggregates. The caller must have access to the first ones, as the operation says.
// The answer shows only those that the caller may read.
func (e *edge) transact(ctx context.Context, o *annals.Operation, q *annals.Request) (*answer, error) {
	streams, reached := o.Streams(q.In)
	if fault := numberFault(o, streams, reached); fault != "" {
		return nil, invalidField("body", fault)
	}
	var seen []es.StreamVersion
	for _, stream := range streams[:reached] {
		if err := e.reach(ctx, stream); err != nil {
			return nil, err
		}
		seen = append(seen, es.StreamVersion{Stream: stream})
	}
	var others []es.StreamVersion
	for _, stream := range streams[reached:] {
		others = append(others, es.StreamVersion{Stream: stream})
	}
	others, err := e.reachable(ctx, others)
	if err != nil {
		return nil, err
	}
	if !q.Caller.Operates() {
		seen = append(seen, others...)
		q.Shows = func(stream es.StreamID) bool { return awaited{streams: seen}.names(stream) }
	}
	out, err := o.Run(ctx, e.running, q)
	if err != nil {
		return nil, err
	}
	return answerOf(http.StatusOK, out), nil
}

// numberFault says what is wrong with the number of streams that an input names, "" = nothing.
func numberFault(o *annals.Operation, streams []es.StreamID, reached int) string {
	distinct := map[es.StreamID]bool{}
	for _, stream := range streams {
		distinct[stream] = true
	}
	switch {
	case reached == 0:
		return "names no aggregate to change: name one at least"
	case len(streams) > es.MaxStreams:
		return fmt.Sprintf("names %d aggregates to change: a command takes %d at most", len(streams), es.MaxStreams)
	case o.ManyStreams && len(distinct) < len(streams):
		return "names an aggregate twice: name each once"
	}
	return ""
}

// answerOf returns the answer of a command. Its token names as many streams as a request may wait for.
func answerOf(status int, out *annals.Outcome) *answer {
	token := tokenOf(out.Streams[:min(len(out.Streams), maxTokenStreams)]...)
	return &answer{status: status, body: out.Answer, headers: map[string]string{tokenHeader: token}}
}

// movedTo returns the answer of a command on one aggregate.
func movedTo(status int, out *annals.Outcome) *answer {
	a := answerOf(status, out)
	if len(out.Streams) == 1 {
		a.headers["ETag"] = etagOf(out.Streams[0].Version)
	}
	return a
}

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

// asked is what every command is told in headers.
type asked struct {
	correlated
	IdempotencyKey idempotencyKey `header:"Idempotency-Key" doc:"Makes repeats of the command harmless: it is done once, and answered as the first time"`
	OccurredAt     instant        `header:"Occurred-At" example:"2026-01-31T12:00:00Z" doc:"When it happened (RFC 3339, no finer than a microsecond), where that was not now; never in the future"`
}

// conditional is the header of commands on one aggregate.
type conditional struct {
	IfMatch string `header:"If-Match" minLength:"1" pattern:"^(\"(0|[1-9][0-9]{0,17})\"|[*])$" patternDescription:"one version in double quotes, such as \"7\", or *" doc:"The version that the aggregate must be at, in double quotes, as ETag has it; * = any"`
}

// unconditional is the header that a command does not take: it is about no aggregate that has a version already, or
// about several.
type unconditional struct {
	IfMatch string `header:"If-Match" hidden:"true"`
}

// check refuses the header.
func (u unconditional) check() error {
	if u.IfMatch != "" {
		return invalidField("header."+ifMatchHeader, "is for commands on one aggregate that exists")
	}
	return nil
}

// expected is the version that the caller demands, nil for any. The schema has checked its form.
func (c conditional) expected() *int64 {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return nil
	}
	version, err := strconv.ParseInt(strings.Trim(c.IfMatch, `"`), 10, 64)
	if err != nil {
		version = -1 // no aggregate is there
	}
	return &version
}

// command does a command.
//
// Errors: [Problem]; [es.NotFoundError] for what is another's; those of the operation; those of the event store.
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
	default:
		return e.change(ctx, o, q)
	}
}

// commandOf is what es needs to know of a command.
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

// create does a command that creates an aggregate.
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

// pathOf is the path of an operation, with the values of its parameters.
func pathOf(o *annals.Operation, target []string) string {
	path := o.Path
	for i, name := range o.Parameters {
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(target[i]), 1)
	}
	return path
}

// change does a command on an aggregate that exists.
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

// createAttempts is how often a command on an aggregate that may exist begins again, since another caller created it.
const createAttempts = 3

// createOrChange does a command on an aggregate that may exist. Where it does not, the caller may change it only as its
// creator: an aggregate that another caller creates at the same time is that caller's.
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

// createOrChangeOwn does a command on the aggregate of the person that {id} names, which may exist. No other caller
// creates it.
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

// absent tells whether a stream that the caller does not reach has no events. Else it returns the error why.
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

// transact does a command over several aggregates. The caller must reach the first ones, as the operation says. The
// answer shows those of all that the caller may read.
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

// numberFault is what is wrong with the streams that an input names, "" = nothing.
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

// answerOf is the answer of a command. Its token names as many streams as a request may wait for.
func answerOf(status int, out *annals.Outcome) *answer {
	token := tokenOf(out.Streams[:min(len(out.Streams), maxTokenStreams)]...)
	return &answer{status: status, body: out.Answer, headers: map[string]string{tokenHeader: token}}
}

// movedTo is the answer of a command on one aggregate.
func movedTo(status int, out *annals.Outcome) *answer {
	a := answerOf(status, out)
	if len(out.Streams) == 1 {
		a.headers["ETag"] = etagOf(out.Streams[0].Version)
	}
	return a
}

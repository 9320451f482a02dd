package annalshttp

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// query answers a query.
//
// Errors: [Problem]; [es.NotFoundError], also for an aggregate of another owner; [projection.ErrCursor]; those of the
// session and of the operation; those of the event store.
func (e *edge) query(ctx context.Context, o *annals.Operation, in *input) (*answer, error) {
	if o.Kind == annals.ShowsSubject {
		return e.tell(ctx, o, in.id)
	}
	w, err := in.told.(interface{ awaits() (awaited, error) }).awaits()
	if err != nil {
		return nil, err
	}
	switch told := in.told.(type) {
	case *trailing:
		return e.trail(ctx, o, in, told)
	case *showing:
		point, err := told.point()
		if err != nil {
			return nil, err
		}
		if point != (es.Point{}) {
			return e.atPoint(ctx, o, in.id, point)
		}
	case *listing:
		return e.list(ctx, o, in, told.paging, w)
	}
	out, err := e.ask(ctx, o, w, &annals.Question{ID: in.id, In: in.own}, "")
	if err != nil {
		return nil, err
	}
	e.report(ctx, o, out.body)
	return out.answer(), nil
}

// tell answers what is stored about a person. Only that person and operators may ask.
func (e *edge) tell(ctx context.Context, o *annals.Operation, id string) (*answer, error) {
	if !e.isPerson(ctx, id) {
		return nil, noPerson(o, id)
	}
	body, err := o.Tell(ctx, e.running, id)
	if err != nil {
		return nil, err
	}
	out := result{consistency: strong, body: body}
	return out.answer(), nil
}

// list answers a query for a page of a list.
func (e *edge) list(ctx context.Context, o *annals.Operation, in *input, page paging, w awaited) (*answer, error) {
	purpose, err := e.purposeOf(ctx, o, in)
	if err != nil {
		return nil, err
	}
	cursor, err := opened(purpose, page.Cursor)
	if err != nil {
		return nil, err
	}
	out, err := e.ask(ctx, o, w, &annals.Question{ID: in.id, In: in.own, Limit: page.Limit}, cursor)
	if err != nil {
		return nil, err
	}
	if paged, is := out.body.(annals.Paged); is {
		sealed(purpose, paged)
	}
	e.report(ctx, o, out.body)
	return out.answer(), nil
}

// atPoint answers a query for a document at a point in its past. It replays the events.
func (e *edge) atPoint(ctx context.Context, o *annals.Operation, id string, point es.Point) (*answer, error) {
	stream := es.StreamID{Type: o.StreamType, ID: id}
	if err := e.readable(ctx, stream); err != nil {
		return nil, err
	}
	body, err := o.Readings[0].Replay(ctx, e.events, id, point)
	if err != nil {
		return nil, err
	}
	out := result{consistency: strong, body: body}
	if point.Provisional(e.cfg.Now()) {
		out.consistency = "provisional"
	}
	return out.answer(), nil
}

// ask answers a question in one session of its read model.
//
// Errors: [es.NotFoundError], also for an aggregate of another owner; those of answerFrom; [projection.ErrCursor] and
// others of the session.
func (e *edge) ask(
	ctx context.Context, o *annals.Operation, w awaited, q *annals.Question, cursor string,
) (*result, error) {
	about := es.StreamID{}
	if o.StreamType != "" && slices.Contains(o.Parameters, "id") {
		about = es.StreamID{Type: o.StreamType, ID: q.ID}
	}
	if err := e.readable(ctx, about); err != nil {
		return nil, err
	}
	if o.OwnerOnly && !e.isPerson(ctx, q.ID) {
		return nil, noPerson(o, q.ID)
	}
	var err error
	if w.streams, err = e.visible(ctx, w.streams); err != nil {
		return nil, err
	}
	if o.Readings[0].PagesItself() {
		q.Cursor, cursor = cursor, ""
	}
	reading, s, err := e.open(ctx, o, cursor)
	if err != nil {
		return nil, err
	}
	q.Tokens, q.SQL, q.Search = w.ids(), e.running.SQL, e.running.Search
	asks := question{model: o.Readings[0].Projection, stream: about}
	if reading.Replays() {
		asks.replay = func(ctx context.Context) (any, error) { return reading.Replay(ctx, e.events, q.ID, es.Point{}) }
	}
	return e.answerFrom(ctx, s, w, asks, func() (any, error) { return reading.Read(ctx, s, q) })
}

// open opens a session of the first read model of the query that is filled; if none is, of the last. The session reads
// the serving generation, or that of the cursor if a list is continued.
//
// Errors: [projection.ErrCursor] and others of [projection.Reader.Open].
func (e *edge) open(
	ctx context.Context, o *annals.Operation, cursor string,
) (annals.Reading, *projection.Session, error) {
	last := len(o.Readings) - 1
	reading := o.Readings[last]
	for _, earlier := range o.Readings[:last] {
		ready, err := e.running.Reader.Ready(ctx, earlier.Projection)
		if err != nil {
			return reading, nil, err
		}
		if ready {
			reading = earlier
			break
		}
	}
	s, err := e.running.Reader.OpenAt(ctx, reading.Projection, cursor)
	return reading, s, err
}

// isPerson reports whether the caller is the person that {id} names, or an operator.
func (e *edge) isPerson(ctx context.Context, id string) bool {
	who := e.caller(ctx)
	return who.Operates() || who.Is(id)
}

// noPerson returns the problem for what belongs to another person. It does not tell whether that person exists.
func noPerson(o *annals.Operation, id string) *Problem {
	return newProblem(http.StatusNotFound, "not-found", personOf(o.Path)+id+" not found")
}

// personOf returns the word for the person whose id is in a path, for messages: "customer " of
// "/customers/{id}/orders". It returns "" if the path has no such word.
func personOf(path string) string {
	before, _, _ := strings.Cut(path, "/{id}")
	word := before[strings.LastIndex(before, "/")+1:]
	singular, plural := strings.CutSuffix(word, "s")
	if !plural || singular == "" {
		return ""
	}
	if stem, is := strings.CutSuffix(singular, "ie"); is {
		singular = stem + "y"
	}
	return singular + " "
}

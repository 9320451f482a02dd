package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

const (
	// answerTime is how long a call of a view apart may take while a batch waits for it.
	answerTime = 5 * time.Second
	// jobAnswerTime is the same while only a job waits. Such a call may read or write the streams of a whole page.
	jobAnswerTime = 30 * time.Second
)

// watched is the view of a projection apart, in one batch or job. It finds out that the store is away. Calls after that
// do not reach the store: one slow call is enough.
type watched struct {
	View
	// slots are for the streams of this projection, so that hanging calls do not hold up others.
	slots chan struct{}
	// limit is how long a call may take.
	limit time.Duration
	// gone ends when a call finds the store away, with an awayError as its cause.
	gone  context.Context
	leave context.CancelCauseFunc
}

func watch(v View, slots int, limit time.Duration) *watched {
	gone, leave := context.WithCancelCause(context.Background())
	return &watched{View: v, slots: make(chan struct{}, slots), limit: limit, gone: gone, leave: leave}
}

// watched returns the subscription with a view that is watched, if it is apart.
func (s *Subscription) watched(slots int) *Subscription {
	if !s.Apart {
		return s
	}
	sub := *s
	sub.View = watch(s.View, slots, jobAnswerTime)
	return &sub
}

// hurry sets the time limit of the calls that a batch waits for.
func hurry(generations []target) {
	for i := range generations {
		if v, apart := generations[i].sub.View.(*watched); apart {
			v.limit = answerTime
		}
	}
}

// away returns why the target's store was found away, nil if it was not.
func (t *target) away() error {
	if v, apart := t.sub.View.(*watched); apart {
		return v.away()
	}
	return nil
}

// away returns why the store was found away, nil if it was not.
func (v *watched) away() error { return context.Cause(v.gone) }

// awayError is the error of a call of a view apart whose store is away.
type awayError struct{ err error }

func (e *awayError) Error() string { return e.err.Error() }
func (e *awayError) Unwrap() error { return e.err }

// isAway reports whether the store of a view apart was away.
func isAway(err error) bool {
	_, is := errors.AsType[*awayError](err)
	return is
}

// call makes a call within the limit.
//
// Errors: an awayError if the store is unavailable or does not answer in time; the call's.
func (v *watched) call(ctx context.Context, do func(context.Context) error) error {
	if gone := v.away(); gone != nil {
		return gone
	}
	within, _, done := v.within(ctx)
	defer done()
	return v.judge(ctx, within, do(within))
}

// within returns the context of a call. It ends when the limit fires, or when another call finds the store away.
func (v *watched) within(ctx context.Context) (within context.Context, limit *time.Timer, done func()) {
	// Not a deadline: SDK clients keep a part of the time until a deadline in reserve.
	within, cancel := context.WithCancelCause(ctx)
	limit = time.AfterFunc(v.limit, func() { cancel(&awayError{fmt.Errorf("no answer within %s", v.limit)}) })
	also := context.AfterFunc(v.gone, func() { cancel(context.Cause(v.gone)) })
	return within, limit, func() {
		limit.Stop()
		also()
		cancel(nil)
	}
}

// judge says what the error of a call means. If the caller's context has ended, it says nothing about the store.
func (v *watched) judge(ctx, within context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	away, is := errors.AsType[*awayError](context.Cause(within))
	switch {
	case is:
		v.leave(away)
	case errors.Is(err, es.ErrUnavailable), errors.Is(err, ErrLost):
		v.leave(&awayError{err})
	default:
		return err
	}
	return v.away()
}

// sequence makes a call that yields elements. The limit is that of each element.
func sequence[T any](
	ctx context.Context, v *watched, all func(context.Context) iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		within, limit, done := v.within(ctx)
		defer done()
		for one, err := range all(within) {
			limit.Stop()
			if !yield(one, v.judge(ctx, within, err)) {
				return
			}
			limit.Reset(v.limit)
		}
	}
}

// Checkpoints implements [View].
func (v *watched) Checkpoints(
	ctx context.Context, g Generation, streams ...es.StreamID,
) (at map[es.StreamID]Checkpoint, err error) {
	err = v.call(ctx, func(ctx context.Context) (err error) {
		at, err = v.View.Checkpoints(ctx, g, streams...)
		return err
	})
	return at, err
}

// Save implements [View].
func (v *watched) Save(ctx context.Context, g Generation, moves []CheckpointUpdate, rows []Write) error {
	return v.call(ctx, func(ctx context.Context) error { return v.View.Save(ctx, g, moves, rows) })
}

// Append implements [View].
func (v *watched) Append(ctx context.Context, g Generation, rows ...AppendRow) error {
	return v.call(ctx, func(ctx context.Context) error { return v.View.Append(ctx, g, rows...) })
}

// Park implements [View].
func (v *watched) Park(ctx context.Context, g Generation, stream es.StreamID, prev Checkpoint, p Parked) error {
	return v.call(ctx, func(ctx context.Context) error { return v.View.Park(ctx, g, stream, prev, p) })
}

// Seen implements [View].
func (v *watched) Seen(ctx context.Context, g Generation, stream es.StreamID, version int64) error {
	return v.call(ctx, func(ctx context.Context) error { return v.View.Seen(ctx, g, stream, version) })
}

// Rows implements [View].
func (v *watched) Rows(ctx context.Context, g Generation, keys ...RowKey) (rows map[RowKey]Row, err error) {
	err = v.call(ctx, func(ctx context.Context) (err error) {
		rows, err = v.View.Rows(ctx, g, keys...)
		return err
	})
	return rows, err
}

// Parked implements [View].
func (v *watched) Parked(ctx context.Context, g Generation) iter.Seq2[ParkedStream, error] {
	return sequence(ctx, v, func(ctx context.Context) iter.Seq2[ParkedStream, error] { return v.View.Parked(ctx, g) })
}

// Keys implements [View].
func (v *watched) Keys(ctx context.Context, g Generation) iter.Seq2[RowKey, error] {
	return sequence(ctx, v, func(ctx context.Context) iter.Seq2[RowKey, error] { return v.View.Keys(ctx, g) })
}

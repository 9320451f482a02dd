package reaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TimerConfig declares a [Timer].
type TimerConfig struct {
	// Name is the timer's stable name, in kebab case. After a change of the name, its deadlines are lost.
	Name string
	// Sources are the streams whose events ask for deadlines: see [From] and [Ask]. Handlers of [On] execute commands at
	// once, as in a [Reaction] with RetryFromQueue. A handler may be called again for an event that it has handled.
	Sources []Source
	// Due executes the command of a deadline. The command comes with an id, so that a repeat is recognized. It must look
	// at the current state: the deadline may no longer be wanted.
	Due func(ctx context.Context, d Deadline, cmd es.Command) error
	// Scheduler gives deadlines back when they are due.
	Scheduler Scheduler
	// Transient reports whether an error of Due, or of the scheduler, is transient: see [Reaction].
	Transient func(error) bool
	// Confidential keeps only the types of errors with deadlines that failed: the texts may cite personal data.
	Confidential bool
	// Now is the time. Default time.Now.
	Now func() time.Time
	// Log receives which deadlines failed. Default slog.Default.
	Log *slog.Logger
}

// Timer is a reaction that happens later: events ask for deadlines, and when a deadline is due, the timer executes a
// command. The open deadlines of a stream are the timer's state of it, stored with the checkpoint, so what a
// [Scheduler] lost can be asked for again.
//
// Like a [Reaction], it ignores events that were recorded a day or more before it was first started.
type Timer struct {
	projection.Projection
	cfg TimerConfig
	sources
}

// NewTimer returns a timer, as a projection for an engine. It never panics: [projection.Projection].Check returns all
// mistakes in the declaration.
func NewTimer(cfg TimerConfig) *Timer {
	if cfg.Transient == nil {
		cfg.Transient = func(error) bool { return false }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	t := &Timer{cfg: cfg, sources: sourcesOf(cfg.Name, cfg.Sources, true)}
	t.Projection = projection.FromHandler(timing{t})
	return t
}

// timing is the timer as a handler. The engine calls Fold, and never Handle.
type timing struct{ t *Timer }

func (h timing) Name() string                                  { return h.t.cfg.Name }
func (h timing) Check() error                                  { return h.t.check() }
func (h timing) Reads(streamType string) bool                  { return h.t.reads(streamType) }
func (h timing) Handles(streamType string, e es.RawEvent) bool { return h.t.handles(streamType, e) }
func (h timing) StoredTypes() map[string][]es.StoredType       { return h.t.storedTypes() }
func (h timing) Handle(context.Context, *es.Commit, int) error { return errors.ErrUnsupported }
func (h timing) RetryFromQueue() bool                          { return true }
func (h timing) Transient(err error) bool {
	failed := (*projection.FoldError)(nil)
	return !errors.As(err, &failed) && (transient(err) || h.t.cfg.Transient(err))
}

// Fold implements [projection.StatefulHandler]: it asks for new deadlines, and cancels those that are gone.
func (h timing) Fold(
	ctx context.Context, state projection.State, events []projection.StoredEvent,
) (next projection.State, err error) {
	t := h.t
	before, err := timetableOf(state.JSON)
	if err != nil {
		return next, &projection.FoldError{Err: err}
	}
	after := timetable{maps.Clone(before.Open)}
	for i, e := range events {
		if err := t.apply(ctx, after, e); err != nil && h.Transient(err) {
			return next, err
		} else if err != nil {
			return next, &projection.FoldError{Index: i, Err: err}
		}
	}
	if err := t.settle(ctx, state.Stream, before, after); err != nil {
		return next, err
	}
	return after.state(state.Stream)
}

// apply lets an event execute commands, and ask for deadlines. A panic is an error of the event.
func (t *Timer) apply(ctx context.Context, to timetable, e projection.StoredEvent) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("handler panicked: %v", panicked)
		}
	}()
	c := e.Commit
	source := t.byType[c.Stream.Type]
	return projection.DecodeEvent(source.events, c, e.Index, func(d projection.Event[any]) error {
		if err := source.react(ctx, d, commandFor(t.Name(), c, d)); err != nil {
			return err
		}
		o := &Open{at: to.Open, now: open{
			Version: d.Version, Asked: d.At.UTC(), Correlation: d.Meta.CorrelationID, Cause: c.ID,
		}}
		for _, h := range source.handlers {
			if h.ask != nil && h.takes(reflect.TypeOf(d.Data)) {
				h.ask(o, d)
			}
		}
		return o.check()
	})
}

// settle tells the scheduler what changed. If the deadlines can't be stored afterwards, this is repeated.
func (t *Timer) settle(ctx context.Context, stream es.StreamID, before, after timetable) error {
	for _, name := range after.names() {
		next := after.Open[name].deadline(t.Name(), stream, name)
		if was, is := before.Open[name]; is && was.is(next) {
			continue
		}
		if err := t.cfg.Scheduler.Set(ctx, next); err != nil {
			return fmt.Errorf("ask for %s: %w", next, err)
		}
	}
	for _, name := range before.names() {
		was := before.Open[name].deadline(t.Name(), stream, name)
		if o, still := after.Open[name]; still && o.is(was) {
			continue
		}
		if err := t.cfg.Scheduler.Cancel(ctx, was); err != nil { // it is dropped when it is due
			t.log(ctx, slog.LevelWarn, "a deadline could not be canceled: it will be dropped when it is due", was, err)
		}
	}
	return nil
}

// check returns all mistakes in the declaration.
func (t *Timer) check() error {
	mistakes := slices.Clone(t.mistakes)
	if t.cfg.Due == nil {
		mistakes = append(mistakes, "it needs a function Due")
	}
	if t.cfg.Scheduler == nil {
		mistakes = append(mistakes, "it needs a Scheduler")
	}
	return mistaken("timer", t.cfg.Name, mistakes)
}

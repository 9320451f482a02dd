// Package subjects forgets a person, and says what is stored about a person. Personal data is encrypted under a key
// of its subject, see package personal, so forgetting is deleting the key. What was derived from the data before is
// cleared afterwards: a [Forgetter] does so step by step, and records each step in a stream of its own. [Export] is
// the other half: everything that is stored about a subject.
package subjects

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Config adjusts a forgetter. The zero value uses the defaults.
type Config struct {
	// Wait is how long processes may use a key after it was deleted: longer than [personal.Config].CacheFor of every
	// process, plus the longest time between a read and the write that follows from it. Default 6 minutes.
	Wait time.Duration
	// Recoverable is for how long the tables of keys, of read models and of snapshots can be recovered to a state from
	// before. Default 7 days.
	Recoverable time.Duration
	// Published counts the integration events that were published of a stream, by type. If nil, there are none.
	Published func(ctx context.Context, stream es.StreamID) (map[string]int, error)
	// Reactions are the names of the reactions of other engines in the engine's catalog: they have no rows to clear.
	Reactions []string
	// Actor is recorded as the actor of what the forgetter stores. Default "forgetter".
	Actor string
	// StreamsAtOnce is how many streams are cleared in one step, which scans the keys of each read model with append rows
	// or own rows once. The progress is stored after each step. Default 2,000.
	StreamsAtOnce int
	// DeadlineMargin is how long before the context's deadline a call of Advance begins no further step. Default none.
	DeadlineMargin time.Duration
	// Log receives a line for each step. Default slog.Default.
	Log *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Stores are what a forgetter clears.
type Stores struct {
	// Events is the event store, in which it also records its steps. It may be the store that decrypts: see
	// [personal.Store].
	Events es.Store
	Keys   personal.Keys
	// Engine has all read models. Its store decrypts.
	Engine *projection.Engine
	// Snapshots stores the snapshots of aggregates. If nil, there are none.
	Snapshots es.SnapshotStore
}

// Forgetter forgets subjects. It is safe for concurrent use, also by several processes for one subject: each step may
// be repeated. [personal.FingerprintSubject] can't be forgotten.
type Forgetter struct {
	on       Stores
	cfg      Config
	subjects *es.Repository[State, Event]

	mu     sync.Mutex
	failed map[es.StreamID]int // how often streams could not be cleared
}

// NewForgetter returns a forgetter. The configuration is optional.
func NewForgetter(on Stores, given ...Config) *Forgetter {
	cfg := config.Only(given)
	cfg.Wait, cfg.Recoverable = cmp.Or(cfg.Wait, 6*time.Minute), cmp.Or(cfg.Recoverable, 7*24*time.Hour)
	cfg.StreamsAtOnce, cfg.Actor = cmp.Or(cfg.StreamsAtOnce, 2000), cmp.Or(cfg.Actor, "forgetter")
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	executor := es.NewExecutor(on.Events, es.ExecutorConfig{Log: cfg.Log})
	return &Forgetter{
		on: on, cfg: cfg, failed: map[es.StreamID]int{},
		subjects: es.NewRepository(executor, Aggregate, es.RepositoryConfig{}),
	}
}

// Progress says when to call [Forgetter.Advance] again.
type Progress struct {
	// Done means that the subject is forgotten.
	Done bool
	// Wait is how long to wait before the next call. 0 = at once.
	Wait time.Duration
}

// Advance takes the forgetting of a subject as far as there is time:
//
//  1. It deletes the key.
//  2. It waits until no process has the key in memory: it returns how long.
//  3. It clears the streams that were noted for the subject: it folds them again in each generation of each read model,
//     removes their snapshots, and counts their public events.
//  4. It records the end.
//
// Call it until it is done. After an error, or in another process, call it again: it goes on where it was.
//
// Errors: [es.NotFoundError] if nobody asked to forget the subject; those of the stores and of
// [projection.Engine.Refold].
func (f *Forgetter) Advance(ctx context.Context, subject string) (Progress, error) {
	for {
		p, err := f.step(ctx, subject)
		if err != nil || p.Done || p.Wait > 0 || f.late(ctx) {
			return p, err
		}
	}
}

// late reports whether there is no time for another step.
func (f *Forgetter) late(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && time.Until(deadline) < f.cfg.DeadlineMargin
}

func (f *Forgetter) step(ctx context.Context, subject string) (Progress, error) {
	s, command, err := f.load(ctx, subject)
	if err != nil {
		return Progress{}, err
	}
	switch s.Status {
	case Requested:
		return Progress{}, f.deleteKey(ctx, subject, s.key, command)
	case Waiting:
		if left := s.Until.Sub(f.cfg.Now()); left > 0 {
			return Progress{Wait: left}, nil
		}
		return f.clear(ctx, subject, s, command)
	default:
		return Progress{Done: true}, nil
	}
}

// load returns a subject, and the command for the next step, which has the correlation id of the last request.
func (f *Forgetter) load(ctx context.Context, subject string) (s State, next es.Command, err error) {
	found := false
	for e, err := range f.subjects.Events(ctx, subject) {
		if err != nil {
			return s, next, err
		}
		found = true
		s.evolve(e.Event)
		if _, is := e.Event.(ForgettingRequested); is {
			next.Meta = es.Meta{CorrelationID: e.Meta.CorrelationID, CausationID: e.CommitID, Actor: f.cfg.Actor}
		}
	}
	if !found {
		return s, next, &es.NotFoundError{Stream: f.subjects.Stream(subject)}
	}
	return s, next, nil
}

// deleteKey deletes the subject's key, up to a number. The subject may have a newer one, if an earlier call deleted
// that key without recording it.
func (f *Forgetter) deleteKey(ctx context.Context, subject string, upTo int, command es.Command) error {
	found, err := f.on.Keys.Load(ctx, subject)
	if err != nil && !errors.As(err, new(*personal.KeyError)) { // one that can't be read is deleted, too
		return err
	}
	tombstone := personal.Key{Number: upTo, At: f.cfg.Now()}
	if upTo == 0 || found[subject].Number <= upTo {
		if tombstone, err = f.on.Keys.Forget(ctx, subject, f.cfg.Now()); err != nil {
			return err
		}
	}
	// The wait begins now, even if an earlier call deleted the key without recording it.
	now := f.cfg.Now().UTC().Truncate(time.Microsecond)
	_, err = f.subjects.Execute(ctx, subject, command, func(s State) ([]Event, error) {
		if s.Status != Requested {
			return nil, nil
		}
		return []Event{KeyDeleted{Key: tombstone.Number, At: tombstone.At, Until: now.Add(f.cfg.Wait)}}, nil
	})
	if err == nil {
		f.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "the key of a subject was deleted", slog.String("subject", subject),
			slog.Int("key", tombstone.Number))
	}
	return err
}

// How long a forgetting waits, and how often it looks again, if generations are being dropped, or belong to other code.
const (
	patience  = 24 * time.Hour
	lookAgain = 5 * time.Minute
)

// wait waits for what ends by itself: a generation that is being dropped, or other code that has a generation's fold.
//
// Errors: the given one, if it is about something else, or lasts too long.
func (f *Forgetter) wait(ctx context.Context, subject string, s State, why error) (Progress, error) {
	since := *s.Until
	if s.RequestedAt.After(since) {
		since = *s.RequestedAt
	}
	if !passes(why) || f.cfg.Now().Sub(since) > patience {
		return Progress{}, why
	}
	f.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a subject can't be forgotten yet",
		slog.String("subject", subject), slog.String("error", why.Error()))
	return Progress{Wait: min(lookAgain, f.cfg.Wait)}, nil
}

// droppingError means that generations are being dropped.
type droppingError struct{ projections []string }

func (e *droppingError) Error() string {
	return "generations of these projections are being dropped, and have rows until then: " +
		strings.Join(e.projections, ", ")
}

// passes reports whether all causes of an error end by themselves.
func passes(err error) bool {
	if joined, is := err.(interface{ Unwrap() []error }); is {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !passes(err) })
	}
	return errors.As(err, new(*projection.UnknownFoldError)) || errors.As(err, new(*droppingError))
}

// finish records the end, unless a generation still has rows from before.
func (f *Forgetter) finish(ctx context.Context, subject string, s State, command es.Command) (Progress, error) {
	left, err := f.on.Engine.NotRefolded(ctx)
	if err != nil {
		return Progress{}, err
	}
	if len(left.Dropping) > 0 {
		return f.wait(ctx, subject, s, &droppingError{left.Dropping})
	}
	unknown := slices.DeleteFunc(left.Unknown, func(name string) bool { return slices.Contains(f.cfg.Reactions, name) })
	now := f.cfg.Now().UTC().Truncate(time.Microsecond)
	out, err := f.subjects.Execute(ctx, subject, command, func(s State) ([]Event, error) {
		if s.Status != Waiting {
			return nil, nil
		}
		return []Event{SubjectForgotten{At: now, Final: now.Add(f.cfg.Recoverable), Unknown: unknown}}, nil
	})
	if err != nil {
		return Progress{}, err
	}
	f.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a subject was forgotten", slog.String("subject", subject),
		slog.Int("streams", out.State.Streams), slog.Int("documents", out.State.Documents), slog.Any("unknown", unknown))
	return Progress{Done: true}, nil
}

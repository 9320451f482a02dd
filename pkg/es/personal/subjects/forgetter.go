// Package subjects forgets a person, and says what is stored about a person. Personal data is encrypted under a key of
// its subject, see package personal, so forgetting is deleting the key. What was derived from the data before is cleared
// afterwards: a [Forgetter] does so step by step, and records each step in a stream of its own. [Export] is the other
// half: everything that is stored about a subject.
package subjects

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	// Actor is recorded as the actor of what the forgetter stores. Default "forgetter".
	Actor string
	// StreamsAtOnce is how many streams are cleared in one step. The progress is stored after each. Default 500.
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

// Forgetter forgets subjects. It is safe for concurrent use, also by several processes for one subject: each step may be
// repeated. [personal.FingerprintSubject] can't be forgotten.
type Forgetter struct {
	on       Stores
	cfg      Config
	subjects *es.Repository[State, Event]
}

// NewForgetter returns a forgetter. The configuration is optional.
func NewForgetter(on Stores, given ...Config) *Forgetter {
	cfg := config.Only(given)
	cfg.Wait, cfg.Recoverable = cmp.Or(cfg.Wait, 6*time.Minute), cmp.Or(cfg.Recoverable, 7*24*time.Hour)
	cfg.StreamsAtOnce, cfg.Actor = cmp.Or(cfg.StreamsAtOnce, 500), cmp.Or(cfg.Actor, "forgetter")
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	executor := es.NewExecutor(on.Events, es.ExecutorConfig{Log: cfg.Log})
	return &Forgetter{on: on, cfg: cfg, subjects: es.NewRepository(executor, Aggregate, es.RepositoryConfig{})}
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
//     removes their snapshots, and counts what was published of them.
//  4. It records the end.
//
// Call it until it is done. After an error, or in another process, call it again: it goes on where it was.
//
// Errors: [es.NotFoundError] if nobody asked to forget the subject; those of the stores and of [projection.Engine.Refold].
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

// deleteKey deletes the subject's key, up to a number. The subject may have a newer one, if an earlier call deleted that
// key without recording it.
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
	// An earlier call may have deleted it without recording that. Then the processes had it until now at most.
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

// retryUnknownFold is when a forgetting goes on that waits for other code, or for a generation to be dropped.
const retryUnknownFold = time.Minute

// clear clears the next streams.
func (f *Forgetter) clear(ctx context.Context, subject string, s State, command es.Command) (Progress, error) {
	var streams []es.StreamID
	for stream, err := range f.on.Keys.Streams(ctx, subject) {
		if err != nil {
			return Progress{}, err
		}
		if !s.cleared[stream] {
			streams = append(streams, stream)
		}
	}
	if len(streams) == 0 {
		return Progress{Done: true}, f.end(ctx, subject, command)
	}
	slices.SortFunc(streams, func(a, b es.StreamID) int { return strings.Compare(a.String(), b.String()) })
	streams = streams[:min(len(streams), f.cfg.StreamsAtOnce)]
	cleared, err := f.clearStreams(ctx, streams)
	var unknown *projection.UnknownFoldError
	if errors.As(err, &unknown) { // other code has it, or the generation is dropped before long
		f.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a subject can't be forgotten yet: this code lacks the fold of a generation",
			slog.String("subject", subject), slog.String("error", err.Error()))
		return Progress{Wait: retryUnknownFold}, nil
	}
	if err != nil {
		return Progress{}, err
	}
	_, err = f.subjects.Execute(ctx, subject, command, func(now State) ([]Event, error) {
		if now.Status != Waiting || now.cleared[streams[0]] { // another process did the same
			return nil, nil
		}
		return cleared.split(), nil
	})
	return Progress{}, err
}

func (f *Forgetter) clearStreams(ctx context.Context, streams []es.StreamID) (*StreamsCleared, error) {
	out := &StreamsCleared{Published: map[string]int{}}
	refolded, err := f.on.Engine.Refold(ctx, streams)
	if err != nil {
		return nil, err
	}
	out.Documents, out.Rows = refolded.Documents, refolded.Rows
	for _, stream := range streams {
		out.Streams = append(out.Streams, stream.String())
		if err := f.forgetSnapshot(ctx, stream, &out.Counts); err != nil {
			return nil, err
		}
		if f.cfg.Published == nil {
			continue
		}
		published, err := f.cfg.Published(ctx, stream)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(published)) {
			out.Published[name] += published[name]
		}
	}
	return out, nil
}

// split returns the same as several events, each of at most [MaxCleared] streams. The first has the counts.
func (e *StreamsCleared) split() []Event {
	var all []Event
	for names := range slices.Chunk(e.Streams, MaxCleared) {
		all = append(all, StreamsCleared{Streams: names, Counts: e.Counts, Published: e.Published})
		e.Counts, e.Published = Counts{}, nil
	}
	return all
}

func (f *Forgetter) forgetSnapshot(ctx context.Context, stream es.StreamID, counts *Counts) error {
	if f.on.Snapshots == nil {
		return nil
	}
	found, err := f.on.Snapshots.LoadSnapshot(ctx, stream)
	if err != nil || found != nil { // one that can't be read is removed too
		counts.Snapshots++
	}
	head, err := f.on.Events.Head(ctx, stream)
	if err != nil {
		return err
	}
	return f.on.Snapshots.ForgetSnapshot(ctx, stream, head.Version())
}

func (f *Forgetter) end(ctx context.Context, subject string, command es.Command) error {
	now := f.cfg.Now().UTC().Truncate(time.Microsecond)
	out, err := f.subjects.Execute(ctx, subject, command, func(s State) ([]Event, error) {
		if s.Status != Waiting {
			return nil, nil
		}
		return []Event{SubjectForgotten{At: now, Final: now.Add(f.cfg.Recoverable)}}, nil
	})
	if err == nil {
		f.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a subject was forgotten", slog.String("subject", subject),
			slog.Int("streams", out.State.Streams), slog.Int("documents", out.State.Documents))
	}
	return err
}

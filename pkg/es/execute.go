package es

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Command identifies and describes the command that a decision answers.
type Command struct {
	// Ref identifies the command. A repeat changes nothing and returns the first result.
	Ref CommandRef
	// Meta is stored with the commits.
	Meta Meta
	// ExpectedVersion is the version that the caller expects of the aggregate, nil for any. [Repository] checks it, after
	// it has checked for a repeat. A decision over several aggregates calls [Entity.Expect] itself.
	ExpectedVersion *int64
}

// ExecutorConfig sets how an executor retries conflicts. The zero value uses the defaults.
type ExecutorConfig struct {
	// Attempts is how often a decision runs before its conflict is returned, at least 1. Default 10.
	Attempts int
	// Backoff is the longest pause after the first conflict. It doubles with each attempt, to at most 32 times this value;
	// the actual pause is a random part of it. Default 10 ms.
	Backoff time.Duration
	// Log receives warnings, such as an unusable snapshot. If nil, slog.Default.
	Log *slog.Logger
	// Count is called for each [Signal], from several goroutines at once. If nil, signals are dropped.
	Count func(Signal)
}

// Executor runs decisions over the streams of a store.
type Executor struct {
	store Store
	cfg   ExecutorConfig
}

// Check returns an error if the configuration is invalid.
func (c ExecutorConfig) Check() error {
	if c.Attempts < 0 || c.Backoff < 0 {
		return fmt.Errorf("es.ExecutorConfig: attempts %d and backoff %v must not be negative", c.Attempts, c.Backoff)
	}
	return nil
}

// NewExecutor returns an executor. The configuration is optional. NewExecutor panics with the error of
// [ExecutorConfig.Check].
func NewExecutor(store Store, given ...ExecutorConfig) *Executor {
	cfg := config.Only(given)
	config.Must(cfg.Check())
	if cfg.Attempts == 0 {
		cfg.Attempts = 10
	}
	if cfg.Backoff == 0 {
		cfg.Backoff = 10 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Count == nil {
		cfg.Count = func(Signal) {}
	}
	return &Executor{store: store, cfg: cfg}
}

// Outcome is the result of a decision.
type Outcome struct {
	// CommitID is the id of the stored commits, empty if the decision recorded no events.
	CommitID string
	// Replayed is true if the command was already stored. The outcome is then that of the first time.
	Replayed bool

	entities map[StreamID]entity
}

// Execute runs a decision and stores the events that it recorded, on all of their streams or on none. After a conflict
// the decision runs again on fresh state, so it must have no effects except through its Tx.
//
// Errors: the decision's own; [ConflictError] after the last attempt; [CommandReusedError]; those of [Appender].
func (x *Executor) Execute(ctx context.Context, cmd Command, decide func(*Tx) error) (*Outcome, error) {
	before := cmd.Ref.Fingerprint
	if keyed, is := x.store.(Fingerprinter); is && before != "" {
		var err error
		if cmd.Ref.Fingerprint, err = keyed.Fingerprint(ctx, before); err != nil {
			return nil, fmt.Errorf("fingerprint of the command: %w", err)
		}
	}
	begin := func(fresh bool) *Tx {
		return &Tx{ctx: ctx, store: x.store, cmd: cmd, before: before, fresh: fresh, entities: map[StreamID]entity{}}
	}
	for attempt := 1; ; attempt++ {
		tx := begin(attempt > 1)
		out, err := tx.run(decide)
		if tx.unread && !tx.sent && tx.replayed == nil {
			// Cached or assumed state is only safe if the append checks it. There was no append: decide again on fresh state.
			x.cfg.Count(DecidedAgain)
			out, err = begin(true).run(decide)
		}
		var conflict *ConflictError
		conflicted := errors.As(err, &conflict)
		if conflicted {
			x.cfg.Count(Conflicted)
		}
		if out != nil && out.Replayed {
			x.cfg.Count(Repeated)
		}
		if !conflicted || attempt == x.cfg.Attempts {
			return out, err
		}
		if err := x.pause(ctx, attempt); err != nil {
			return nil, fmt.Errorf("%w: retry canceled: %w", conflict, err)
		}
		x.cfg.Count(DecidedAgain)
	}
}

// pause waits for a random time that grows with the attempts.
func (x *Executor) pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(rand.N(x.cfg.Backoff << min(attempt-1, 5)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Tx is one attempt at a decision. The append is conditional on all aggregates that were loaded into it with a
// [Repository].
type Tx struct {
	ctx      context.Context
	store    Store
	cmd      Command
	before   string // the command's fingerprint without a key, which older commits have
	fresh    bool   // read every stream: no cached states, no stream assumed to be empty
	unread   bool   // some state was cached or assumed
	sent     bool   // the append was sent
	entities map[StreamID]entity
	order    []entity // in the order of loading
	replayed *Commit
}

// entity is an [Entity] of any aggregate type.
type entity interface {
	write(tx *Tx) (Write, error)
	head() Head
	stored(Stored)
}

// errReplayed ends a decision whose command is already stored.
var errReplayed = errors.New("the command is already stored")

func (tx *Tx) run(decide func(*Tx) error) (*Outcome, error) {
	err := decide(tx)
	if tx.replayed != nil { // even if the decision wrapped or swallowed errReplayed
		return &Outcome{CommitID: tx.replayed.ID, Replayed: true, entities: tx.entities}, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := tx.append()
	if err != nil || len(a.Writes) == 0 {
		return &Outcome{entities: tx.entities}, err
	}
	tx.sent = true
	stored, err := tx.store.Append(tx.ctx, a)
	if errors.Is(err, ErrNotSent) {
		tx.sent = false
	}
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		tx.entities[s.Stream].stored(s)
	}
	return &Outcome{CommitID: a.ID, entities: tx.entities}, nil
}

func (tx *Tx) append() (Append, error) {
	a := Append{ID: uuid.NewString(), Meta: tx.cmd.Meta, Command: tx.cmd.Ref}
	for _, e := range tx.order {
		w, err := e.write(tx)
		if err != nil {
			return a, err
		}
		if len(w.Events) == 0 {
			a.Checks = append(a.Checks, e.head())
			continue
		}
		a.Writes = append(a.Writes, w)
	}
	return a, nil
}

func (tx *Tx) add(s StreamID, e entity) {
	tx.entities[s] = e
	tx.order = append(tx.order, e)
}

// recognize returns errReplayed if the commit was stored by this command.
func (tx *Tx) recognize(c *Commit) error {
	if tx.cmd.Ref.ID == "" || c.Command.ID != tx.cmd.Ref.ID {
		return nil
	}
	if c.Command.Fingerprint != tx.cmd.Ref.Fingerprint && c.Command.Fingerprint != tx.before {
		return &CommandReusedError{Stream: c.Stream, Version: c.Version}
	}
	tx.replayed = c
	return errReplayed
}

// recognizeAt is recognize for the commit at a version, which it reads.
func (tx *Tx) recognizeAt(stream StreamID, version int64) error {
	for c, err := range tx.store.Read(tx.ctx, stream, Range{From: version, To: version}) {
		if err != nil {
			return err
		}
		if err := tx.recognize(&c); err != nil {
			return err
		}
	}
	return &CorruptError{Stream: stream, Version: version, Reason: "the commit of a known command is missing"}
}

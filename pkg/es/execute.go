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

// Command is what a decision needs to know of the command that asks for it.
type Command struct {
	// Ref identifies the command. A repeat of it changes nothing and comes back with what the first did.
	Ref CommandRef
	// Meta goes into the commits.
	Meta Meta
	// ExpectedVersion is the version that the caller demands of a repository's one aggregate, nil for any. It is compared
	// after a repeat is recognised. A decision over several asks [Entity.Expect] itself.
	ExpectedVersion *int64
}

// ExecutorConfig says how often a decision is made again. The zero value takes the defaults.
type ExecutorConfig struct {
	// Attempts is how often a decision is made before its conflict is returned, from 1. Default 10.
	Attempts int
	// Backoff is the longest pause after the first conflict; it doubles with each, and the pause is a random part of it.
	// Default 10 ms.
	Backoff time.Duration
	// Log receives what was mended on the way. If nil, slog.Default.
	Log *slog.Logger
	// Count is called with what happened on the way, by many goroutines at once. If nil, nothing is called.
	Count func(Signal)
}

// Executor makes decisions over the streams of a store.
type Executor struct {
	store Store
	cfg   ExecutorConfig
}

// Check returns an error if the configuration can't be what the program means.
func (c ExecutorConfig) Check() error {
	if c.Attempts < 0 || c.Backoff < 0 {
		return fmt.Errorf("es.ExecutorConfig: attempts %d and backoff %v must not be negative", c.Attempts, c.Backoff)
	}
	return nil
}

// NewExecutor returns an executor. The configuration may be left out. It panics with what [ExecutorConfig.Check] returns.
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

// Outcome is what a decision led to.
type Outcome struct {
	// CommitID is the id of the commits, empty if the decision yielded no events.
	CommitID string
	// Replayed says that the command had been done before: this is what it did then.
	Replayed bool

	entities map[StreamID]entity
}

// Execute runs a decision and stores the events that it recorded, on all of their streams or on none. On a conflict the
// DECISION runs again, on fresh state: it must have no effects but through its Tx.
//
// Errors: the decision's own; [ConflictError] after the last attempt; [CommandReusedError]; all those of [Appender].
func (x *Executor) Execute(ctx context.Context, cmd Command, decide func(*Tx) error) (*Outcome, error) {
	begin := func(fresh bool) *Tx {
		return &Tx{ctx: ctx, store: x.store, cmd: cmd, fresh: fresh, entities: map[StreamID]entity{}}
	}
	for attempt := 1; ; attempt++ {
		tx := begin(attempt > 1)
		out, err := tx.run(decide)
		if tx.unread && !tx.sent && tx.replayed == nil {
			// Only what the store accepts may rest on what was not read: a refusal is decided again on the streams as they are.
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
			return nil, fmt.Errorf("%w (%w)", conflict, err)
		}
		x.cfg.Count(DecidedAgain)
	}
}

// pause waits a random time, the longer the more attempts there were.
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

// Tx is one attempt at a decision: what it loads through a [Repository] is what its append rests on.
type Tx struct {
	ctx      context.Context
	store    Store
	cmd      Command
	fresh    bool // nothing may come from a cache, or be taken for new, without a look at the stream
	unread   bool // something was
	sent     bool // the append was
	entities map[StreamID]entity
	order    []entity // as loaded
	replayed *Commit
}

// entity is an [Entity] of any kind of aggregate.
type entity interface {
	write() (Write, error)
	head() Head
	stored(Stored)
}

// errReplayed leaves a decision whose command is already stored.
var errReplayed = errors.New("the command is already stored")

func (tx *Tx) run(decide func(*Tx) error) (*Outcome, error) {
	err := decide(tx)
	if tx.replayed != nil { // whatever the decision made of the error that it got
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
		w, err := e.write()
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

// recognise ends the decision if a commit is the one that its command made before.
func (tx *Tx) recognise(c *Commit) error {
	if tx.cmd.Ref.ID == "" || c.Command.ID != tx.cmd.Ref.ID {
		return nil
	}
	if c.Command.Fingerprint != tx.cmd.Ref.Fingerprint {
		return &CommandReusedError{Stream: c.Stream, Version: c.Version}
	}
	tx.replayed = c
	return errReplayed
}

// recogniseAt ends the decision by the commit that its command made at a version.
func (tx *Tx) recogniseAt(stream StreamID, version int64) error {
	for c, err := range tx.store.Read(tx.ctx, stream, Range{From: version, To: version}) {
		if err != nil {
			return err
		}
		if err := tx.recognise(&c); err != nil {
			return err
		}
	}
	return &CorruptError{Stream: stream, Version: version, Reason: "the commit of a command that was seen here is gone"}
}

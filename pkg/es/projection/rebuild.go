package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// RebuildConfig adjusts a rebuilder. The zero value takes the defaults.
type RebuildConfig struct {
	// Segments is the number of parts that the history is divided into. They are read, and compared, in parallel.
	// Default 8.
	Segments int
	// WritesPerSecond limits the writes of one process that fills a generation. 0 = no limit. While the table
	// throttles, the rate is halved repeatedly, so that live writes go first.
	WritesPerSecond float64
	// VerifySample is how many streams, and how many shared rows, are at least compared with a plain fold before the
	// swap, if there are that many. Default 200.
	VerifySample int
	// KeepRetired is how long a retired generation is kept, for cursors and for a rollback. It must be longer than
	// [RecordCacheAge]. Default 1 hour.
	KeepRetired time.Duration
	// Throttled reports whether an error means that the store is overloaded. Such writes are repeated at a lower pace.
	// Default: [es.ErrUnavailable] and [ErrContended].
	Throttled func(error) bool
	// Reconcile adjusts reconciliations.
	Reconcile ReconcileConfig
	// Log receives which generations were begun, swapped and dropped, and what was reconciled. If nil, slog.Default.
	Log *slog.Logger
}

const defaultSegments = 8

func (c RebuildConfig) withDefaults() RebuildConfig {
	c.Segments = cmp.Or(c.Segments, defaultSegments)
	c.VerifySample = cmp.Or(c.VerifySample, 200)
	c.KeepRetired = cmp.Or(c.KeepRetired, time.Hour)
	c.Reconcile = c.Reconcile.withDefaults()
	if c.Throttled == nil {
		c.Throttled = func(err error) bool { return errors.Is(err, es.ErrUnavailable) || errors.Is(err, ErrContended) }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Check returns an error if a value, or one of Reconcile, is out of range.
func (c RebuildConfig) Check() error {
	var err error
	if c.Segments < 0 || c.VerifySample < 0 || c.WritesPerSecond < 0 || c.KeepRetired < 0 {
		err = fmt.Errorf("projection.RebuildConfig: Segments (%d), VerifySample (%d), WritesPerSecond (%v) and "+
			"KeepRetired (%v) must not be negative", c.Segments, c.VerifySample, c.WritesPerSecond, c.KeepRetired)
	}
	return errors.Join(err, c.Reconcile.Check())
}

// Rebuilder builds new generations of projections beside the serving ones, and swaps them. Every step may be
// interrupted at any point, and may run twice. [Rebuilder.Run] does all steps in one process.
type Rebuilder struct {
	engine  *Engine
	scanner es.Scanner
	cfg     RebuildConfig
	pace    *pace
}

// NewRebuilder returns a rebuilder of an engine's projections. The scanner reads their history; it must be the engine's
// own store. It panics with what [RebuildConfig.Check] returns.
func NewRebuilder(e *Engine, s es.Scanner, cfg RebuildConfig) *Rebuilder {
	config.Must(cfg.Check())
	cfg = cfg.withDefaults()
	return &Rebuilder{engine: e, scanner: s, cfg: cfg, pace: newPace(cfg)}
}

// ErrNotRebuilt means that a projection can't be rebuilt, because it is a reaction.
var ErrNotRebuilt = errors.New("a reaction can't be rebuilt: its effects can't be undone")

// Begin registers a new generation of a projection, built by the newest fold version of the code, and returns it. If
// such a generation is being built already, Begin returns that one. If one of another version is being built, it is
// given up.
//
// From then on the new generation receives new events. Fill all its segments, then Finish it.
//
// Errors: [ErrNotRebuilt]; [ErrStale] if another process changed the record concurrently; the catalog's.
func (r *Rebuilder) Begin(ctx context.Context, projection string) (Build, error) {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return Build{}, err
	}
	if !sub.Projection.rebuilds() {
		return Build{}, fmt.Errorf("rebuild %s: %w", projection, ErrNotRebuilt)
	}
	b, err := r.begin(ctx, sub, record)
	if err != nil {
		return b, err
	}
	return b, r.engine.askFor(ctx, projection)
}

// record returns a projection's subscription and record.
func (e *Engine) record(ctx context.Context, projection string) (*Subscription, Record, error) {
	sub := e.subscription(projection)
	if sub == nil {
		return nil, Record{}, e.unknown(projection)
	}
	if err := e.mayWrite(); err != nil {
		return nil, Record{}, err
	}
	records, err := e.catalog.Records(ctx)
	if err != nil {
		return nil, Record{}, fmt.Errorf("generations: %w", err)
	}
	record, err := e.recordOf(ctx, sub, records)
	return sub, record, err
}

// wantedFold is the fold version that a rebuild builds: the newest or, if that was rolled back and the generation that
// serves instead is lost, that generation's.
func (s *Subscription) wantedFold(r *Record) int {
	newest, serving := s.Projection.FoldVersion(), r.Serving()
	if serving.Lost && newest <= r.RolledBackFold && s.fold(serving.Fold) != nil {
		return serving.Fold
	}
	return newest
}

// begin registers a generation, or continues with the one that is being built.
func (r *Rebuilder) begin(ctx context.Context, sub *Subscription, record Record) (Build, error) {
	next := record.clone()
	fold := sub.wantedFold(&record)
	if fold == sub.Projection.FoldVersion() {
		next.RolledBackFold = 0
	}
	if b := next.Building(); b != nil {
		if b.Fold == fold {
			return *b, r.mend(ctx, next, b)
		}
		b.become(Dropping, r.engine.cfg.Now())
	}
	next.Last++
	b := Build{
		Generation: next.Last, Fold: fold, Segments: r.cfg.Segments, Skips: sub.fold(fold).skipped(),
	}
	b.become(Building, r.engine.cfg.Now())
	next.Builds = append(next.Builds, b)
	if err := prepare(ctx, sub.View, b.Generation); err != nil { // before any process feeds it
		return b, fmt.Errorf("rebuild %s: prepare generation %d: %w", sub.name(), b.Generation, err)
	}
	if err := r.engine.catalog.Replace(ctx, next); err != nil {
		return b, fmt.Errorf("rebuild %s: %w", sub.name(), err)
	}
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a generation is being built", slog.String("projection", sub.name()),
		slog.Int("generation", int(b.Generation)), slog.Int("fold", b.Fold))
	return b, nil
}

// mend clears the failure of a generation whose rebuild continues.
func (r *Rebuilder) mend(ctx context.Context, next Record, b *Build) error {
	if b.Failure == "" {
		return nil
	}
	b.Failure = ""
	return r.engine.catalog.Replace(ctx, next)
}

// askFor is ask for a projection whose record was just changed.
func (e *Engine) askFor(ctx context.Context, projection string) error {
	sub, record, err := e.record(ctx, projection)
	if err != nil {
		return err
	}
	_, err = e.ask(ctx, sub, record)
	return err
}

// upgrade starts the build of a generation if the code has a newer fold version, or if the serving generation is lost.
func (e *Engine) upgrade(ctx context.Context, sub *Subscription, record Record) error {
	fold, lost := sub.wantedFold(&record), record.Serving().Lost
	newest := slices.ContainsFunc(record.Builds, func(b Build) bool {
		if lost { // only a rebuild that goes on replaces it
			return b.Status == Building && b.Failure == "" && b.Fold >= fold
		}
		return b.Status != Dropping && !b.Lost && b.Fold >= fold
	})
	if !newest && (lost || fold > record.RolledBackFold) && sub.Projection.rebuilds() {
		name := fmt.Sprintf("%s-%d", sub.name(), record.Last+1)
		if lost { // a worker of that name may have failed before
			name += fmt.Sprintf("-%d", record.Revision)
		}
		if err := e.cfg.Starter.Start(ctx, name, Stage{Projection: sub.name(), Fold: fold}); err != nil {
			return fmt.Errorf("start %s: %w", name, err)
		}
	}
	_, err := e.ask(ctx, sub, record)
	return err
}

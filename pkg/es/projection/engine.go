package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Subscription is a projection and where it is stored.
type Subscription struct {
	// Projection is the fold as the code has it now, Former its older versions: a generation is kept by the fold version
	// that began it, so the serving one has to stay until another generation serves.
	Projection Projection
	Former     []Projection
	View       View
	// Inline says that commands may write the rows too, with the commit that they are made of: see [Inline].
	Inline bool
	// Replaces names the projections that this one replaces. They are fed, and may be read, until it is filled: see
	// [Reader.Ready]. Then they are no more.
	Replaces []string
}

// Check returns an error that names all mistakes in the subscription: those of its folds, a missing view, or Inline of what
// can't be inline.
func (s *Subscription) Check() error {
	if s.Projection == nil {
		return errors.New("a subscription has no projection")
	}
	var mistakes []error
	for _, p := range s.folds() {
		mistakes = append(mistakes, p.Check())
	}
	switch {
	case s.View == nil:
		mistakes = append(mistakes, fmt.Errorf("projection %q has no view", s.name()))
	case s.Inline && !s.Projection.rebuilds(): // what it does can't be undone if the commit is not stored
		mistakes = append(mistakes, fmt.Errorf("reaction %q can't be inline", s.name()))
	case s.Inline && s.Projection.appends(): // a row that is there already would cancel the commit
		mistakes = append(mistakes, fmt.Errorf("projection %q can't be inline: it appends rows", s.name()))
	}
	return errors.Join(mistakes...)
}

// checkAll checks subscriptions, and that none has the projection of another one.
func checkAll(subscriptions []Subscription) error {
	var mistakes []error
	names := map[string]bool{}
	for i := range subscriptions {
		s := &subscriptions[i]
		if err := s.Check(); err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		if names[s.name()] {
			mistakes = append(mistakes, fmt.Errorf("projection %q is subscribed twice", s.name()))
		}
		names[s.name()] = true
	}
	return errors.Join(mistakes...)
}

func (s *Subscription) name() string { return s.Projection.Name() }

// fold returns a version of the fold, nil if the code lacks it.
func (s *Subscription) fold(version int) Projection {
	for _, p := range s.folds() {
		if p.FoldVersion() == version {
			return p
		}
	}
	return nil
}

// Config adjusts an engine. The zero value takes the defaults.
type Config struct {
	// Parallel is how many streams are brought forward at once, from 1. Default 64.
	Parallel int
	// Budget is how many events of one stream are read from the event store while a batch waits. Where more are missing,
	// the stream is left to the queue. Default 1,000.
	Budget int
	// Queue takes what is left for later. If nil, nothing is left for later: the batch waits while what is missing is read.
	Queue Queue
	// Starter starts what builds and drops generations. If nil, nothing starts rebuilds: call [Rebuilder.Run] yourself.
	Starter Starter
	// Notifier is told what was stored in generations that serve. If nil, nothing is told.
	Notifier Notifier
	// Observe is called with what a serving generation came to show, by many goroutines at once. If nil, nothing is called.
	Observe func(Observation)
	// CodeVersion returns the version of the code. A stream that was parked by another version is tried again. The engine
	// calls it only when it parks a stream, or finds a parked one, so it may be slow. If nil, all code has the same version.
	CodeVersion func() string
	// CacheSize is how many checkpoints the engine keeps in memory, so that it need not read them. Default 2,000; if
	// negative, none.
	CacheSize int
	// DeadlineMargin is how long before the deadline of its context a catch-up or a rebuild stops; the queue has the rest.
	// Default 5 s.
	DeadlineMargin time.Duration
	// Log receives what was parked. If nil, slog.Default.
	Log *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	c.Parallel = cmp.Or(c.Parallel, 64)
	c.Budget = cmp.Or(c.Budget, 1000)
	c.CacheSize = cmp.Or(c.CacheSize, 2000)
	c.DeadlineMargin = cmp.Or(c.DeadlineMargin, 5*time.Second)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(Observation) {}
	}
	if c.CodeVersion == nil {
		c.CodeVersion = func() string { return "" }
	}
	return c
}

// Check returns an error if the configuration can't be what the program means.
func (c Config) Check() error {
	if c.Parallel < 0 || c.Budget < 0 {
		return fmt.Errorf("projection.Config: parallel %d and budget %d must not be negative", c.Parallel, c.Budget)
	}
	return nil
}

// Engine brings projections forward with the commits that are delivered to it. Delivery may duplicate, delay, reorder and
// drop: what is missing is read from the event store.
type Engine struct {
	store         es.Reader
	catalog       Catalog
	subscriptions []Subscription
	cfg           Config
	suspects      chan struct{} // one suspected stream at a time
	// fixed are the records of reactions, once they are registered: they are never rebuilt, so their records do not change.
	fixed atomic.Pointer[[]Record]
	memory
}

// place is where a checkpoint is.
type place struct {
	projection string
	generation Generation
	stream     es.StreamID
}

// NewEngine returns an engine that reads what was not delivered from a store. It panics with what
// [Config.Check] and [Subscription.Check] return, or if a projection is subscribed twice.
func NewEngine(store es.Reader, catalog Catalog, cfg Config, subscriptions ...Subscription) *Engine {
	config.Must(cfg.Check(), checkAll(subscriptions))
	cfg = cfg.withDefaults()
	e := &Engine{store: store, catalog: catalog, subscriptions: subscriptions, cfg: cfg, suspects: make(chan struct{}, 1)}
	e.memory = newMemory(cfg.CacheSize)
	return e
}

func (e *Engine) subscription(name string) *Subscription {
	if i := slices.IndexFunc(e.subscriptions, func(s Subscription) bool { return s.name() == name }); i >= 0 {
		return &e.subscriptions[i]
	}
	return nil
}

// Keeps tells whether the engine keeps a projection.
func (e *Engine) Keeps(projection string) bool { return e.subscription(projection) != nil }

// fed are the generations of a record that are brought forward.
func (s *Subscription) fed(r Record) []target {
	var fed []target
	for _, b := range r.Builds {
		t := target{Build: b, sub: s, fold: s.fold(b.Fold)}
		if b.Status == Serving || b.Status == Building || b.Status == Retired && t.fold != nil {
			fed = append(fed, t)
		}
	}
	return fed
}

// target is a generation to bring forward.
type target struct {
	Build
	sub *Subscription
	// fold is the generation's fold version, nil where this code is too old to have it.
	fold Projection
}

func (t *target) String() string {
	return fmt.Sprintf("projection %s, generation %d", t.sub.name(), t.Generation)
}

func (t *target) place(stream es.StreamID) place { return place{t.sub.name(), t.Generation, stream} }

// targets are the generations that are fed, of each projection those first that readers go over to, so that they never go
// back in time. Projections that are new are registered.
//
// Errors: the catalog's.
func (e *Engine) targets(ctx context.Context) ([][]target, error) {
	if known := e.fixed.Load(); known != nil {
		return e.targetsOf(*known), nil
	}
	records, err := e.registered(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(e.subscriptions, func(s Subscription) bool { return s.Projection.rebuilds() }) {
		e.fixed.Store(&records)
	}
	return e.targetsOf(records), nil
}

// listed are the targets for those who only look: nothing is registered.
//
// Errors: the catalog's.
func (e *Engine) listed(ctx context.Context) ([][]target, error) {
	records, err := e.Records(ctx)
	if err != nil {
		return nil, err
	}
	return e.targetsOf(records), nil
}

func (e *Engine) targetsOf(records []Record) [][]target {
	now := e.cfg.Now()
	all := make([][]target, len(records))
	for i := range records {
		r := &records[i]
		all[i] = e.subscription(r.Projection).fed(*r)
		slices.SortStableFunc(all[i], func(a, b target) int { return cmp.Compare(r.order(&a.Build, now), r.order(&b.Build, now)) })
	}
	return all
}

// Records are the records of the engine's projections, but for those that are replaced. It writes nothing: a
// projection that no process has registered yet has the record that it would get, with revision 0.
//
// Errors: the catalog's.
func (e *Engine) Records(ctx context.Context) ([]Record, error) {
	return e.records(ctx, func(_ context.Context, sub *Subscription, records map[string]Record) (Record, error) {
		return e.seen(sub, records), nil
	})
}

// registered are the records of the engine's projections, but for those that are replaced. It makes those that are missing.
//
// Errors: the catalog's.
func (e *Engine) registered(ctx context.Context) ([]Record, error) { return e.records(ctx, e.recordOf) }

func (e *Engine) records(
	ctx context.Context, of func(context.Context, *Subscription, map[string]Record) (Record, error),
) ([]Record, error) {
	all, err := e.catalog.Records(ctx)
	if err != nil {
		return nil, fmt.Errorf("generations: %w", err)
	}
	var out []Record
	kept := map[string]bool{}
	var add func(sub *Subscription) error
	add = func(sub *Subscription) error { // after what replaces it
		if _, done := kept[sub.name()]; done {
			return nil
		}
		kept[sub.name()] = true
		if by := e.successor(sub.name()); by != nil {
			if err := add(by); err != nil {
				return err
			}
			if !kept[by.name()] || e.isReplacedBy(by, out) {
				kept[sub.name()] = false
				return nil
			}
		}
		r, err := of(ctx, sub, all)
		out = append(out, r)
		return err
	}
	for i := range e.subscriptions {
		if err := add(&e.subscriptions[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// successor is the subscription that replaces a projection, nil if none does.
func (e *Engine) successor(projection string) *Subscription {
	i := slices.IndexFunc(e.subscriptions, func(s Subscription) bool { return slices.Contains(s.Replaces, projection) })
	if i < 0 {
		return nil
	}
	return &e.subscriptions[i]
}

// isReplacedBy tells whether no reader reads what a subscription replaces any longer, by the records.
func (e *Engine) isReplacedBy(sub *Subscription, records []Record) bool {
	i := slices.IndexFunc(records, func(r Record) bool { return r.Projection == sub.name() })
	return i >= 0 && records[i].Serving().readable(e.cfg.Now().Add(-swapLag))
}

// seen returns a projection's record, or the one that it would get.
func (e *Engine) seen(sub *Subscription, records map[string]Record) Record {
	if r, there := records[sub.name()]; there {
		return r
	}
	return first(sub, e.cfg.Now().UTC(), records)
}

// recordOf returns a projection's record, which it makes where there is none.
func (e *Engine) recordOf(ctx context.Context, sub *Subscription, records map[string]Record) (Record, error) {
	r := e.seen(sub, records)
	if _, there := records[sub.name()]; there {
		return r, nil
	}
	switch err := e.catalog.Replace(ctx, r); {
	case errors.Is(err, ErrStale): // another process was first
		records, err := e.catalog.Records(ctx)
		return records[sub.name()], err
	case err != nil:
		return r, fmt.Errorf("register projection %s: %w", sub.name(), err)
	}
	r.Revision++
	return e.ask(ctx, sub, r)
}

// ask has somebody started who does what the generations of a projection ask for, unless that was done before, and returns
// the record as it is then. Interrupted, it is done by the next process that starts.
func (e *Engine) ask(ctx context.Context, sub *Subscription, record Record) (Record, error) {
	if e.cfg.Starter == nil || !sub.Projection.rebuilds() {
		return record, nil
	}
	next := record.clone()
	starts := map[string]Stage{} // the same twice is once
	for i := range next.Builds {
		switch b := &next.Builds[i]; {
		case b.WorkerStarted:
			continue
		case b.leaves():
			starts[fmt.Sprintf("%s-tidy-%d", sub.name(), record.Revision)] = Stage{Projection: sub.name(), Tidy: true}
		case b.Status == Serving && !b.Filled: // the first, of a history that may be older than the projection
			starts[fmt.Sprintf("%s-%d", sub.name(), b.Generation)] = Stage{Projection: sub.name(), Generation: b.Generation}
		default:
			continue
		}
		next.Builds[i].WorkerStarted = true
	}
	for name, stage := range starts {
		if err := e.cfg.Starter.Start(ctx, name, stage); err != nil {
			return record, fmt.Errorf("start %s: %w", name, err)
		}
	}
	if len(starts) == 0 {
		return record, nil
	}
	err := e.catalog.Replace(ctx, next)
	if errors.Is(err, ErrStale) { // somebody was faster: at worst it is done twice
		return record, nil
	}
	next.Revision++
	return next, err
}

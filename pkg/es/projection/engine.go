package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Subscription is a projection and where it is stored.
type Subscription struct {
	// Projection is the current fold; Former are its older versions. A generation is maintained by the fold version
	// that began it, so the code must keep the serving version until a newer generation serves.
	Projection Projection
	Former     []Projection
	View       View
	// Inline means that commands also write the rows, in the transaction of the commit: see [Inline].
	Inline bool
	// Apart means that the view is in a store of its own, whose outage does not stop the other projections: see
	// [Outage]. The text of the view's errors with [es.ErrUnavailable] is kept, so it must cite no rows.
	Apart bool
	// Replaces names the projections that this one replaces. The engine feeds them, and readers may read them, until
	// this projection is filled: see [Reader.Ready]. After that they are gone.
	Replaces []string
}

// Check returns an error that names all mistakes in the subscription: mistakes in its folds, a missing view, or Inline
// or Apart on a projection that can't be.
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
	case s.Inline && !s.Projection.rebuilds(): // its effects can't be undone if the commit is not stored
		mistakes = append(mistakes, fmt.Errorf("reaction %q can't be inline", s.name()))
	case s.Inline && s.Projection.appends(): // a row that exists would cancel the commit
		mistakes = append(mistakes, fmt.Errorf("projection %q can't be inline: it appends rows", s.name()))
	case s.Inline && s.Apart: // a commit writes to one store
		mistakes = append(mistakes, fmt.Errorf("projection %q can't be both inline and apart", s.name()))
	case !s.Apart && canLose(s.View):
		mistakes = append(mistakes, fmt.Errorf("projection %q must be apart: its store can lose generations", s.name()))
	case s.Apart && !s.Projection.rebuilds(): // what it missed during an outage would come out of order
		mistakes = append(mistakes, fmt.Errorf("reaction %q can't be apart", s.name()))
	}
	return errors.Join(mistakes...)
}

// checkAll checks all subscriptions, and that each projection is subscribed once.
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

// fold returns a version of the fold, or nil if the code lacks it.
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
	// Parallel is how many streams are processed at once, from 1. Default 64.
	Parallel int
	// Budget is how many events of one stream a batch may read from the event store. A stream that misses more is left
	// to the queue. Default 1,000.
	Budget int
	// Queue takes work for later. If nil, nothing is deferred: the batch waits while missing events are read.
	Queue Queue
	// Starter starts the workers that build and drop generations. If nil, nothing starts rebuilds: call [Rebuilder.Run]
	// yourself.
	Starter Starter
	// Notifier is told of each change that is stored in a serving generation. If nil, nothing is told.
	Notifier Notifier
	// Observe is called with the progress of each stream in a serving generation, from many goroutines at once, and
	// with the outages that last. If nil, it is not called.
	Observe func(Observation)
	// CodeVersion returns the version of the code. A stream that was parked by another version is tried again. The
	// engine calls it only when it parks a stream, or finds a parked one, so it may be slow. If nil, all code has the
	// same version.
	CodeVersion func() string
	// CacheSize is how many checkpoints the engine keeps in memory, so that it need not read them. Default 2,000; if
	// negative, none.
	CacheSize int
	// DeadlineMargin is how long before the deadline of its context a catch-up or a rebuild stops. The rest is left to
	// the queue. Default 5 s.
	DeadlineMargin time.Duration
	// Log receives which streams were parked. If nil, slog.Default.
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

// Check returns an error if a value is out of range.
func (c Config) Check() error {
	if c.Parallel < 0 || c.Budget < 0 {
		return fmt.Errorf("projection.Config: parallel %d and budget %d must not be negative", c.Parallel, c.Budget)
	}
	return nil
}

// Engine applies delivered commits to projections. Delivery may duplicate, delay, reorder and drop commits: the engine
// reads missing ones from the event store. [NewEngine] makes one.
type Engine struct {
	store         es.Reader
	catalog       Catalog
	subscriptions []Subscription
	cfg           Config
	suspects      chan struct{} // held while a suspect stream is tried: one at a time
	// pointed is what this process knows of the pointers of views, by projection: see [pointed].
	pointed sync.Map
	// fixed are the records of an engine that has reactions only, once they are registered: reactions are never
	// rebuilt, so their records do not change.
	fixed atomic.Pointer[[]Record]
	memory
}

// place identifies a checkpoint.
type place struct {
	projection string
	generation Generation
	stream     es.StreamID
}

// NewEngine returns an engine that reads missing commits from a store. It panics with what [Config.Check] and
// [Subscription.Check] return, or if a projection is subscribed twice.
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

// Keeps reports whether the engine has a projection.
func (e *Engine) Keeps(projection string) bool { return e.subscription(projection) != nil }

// fed are the generations of a record that receive new events.
func (s *Subscription) fed(r Record) []target {
	var fed []target
	for _, b := range r.Builds {
		t := target{Build: b, sub: s, fold: s.fold(b.Fold), outage: r.away()}
		if !b.Lost && (b.Status == Serving || b.Status == Building || b.Status == Retired && t.fold != nil) {
			fed = append(fed, t)
		}
	}
	return fed
}

// target is a generation that receives new events.
type target struct {
	Build
	sub *Subscription
	// fold is the generation's fold version, nil if this code lacks it.
	fold Projection
	// outage is why it receives none at the moment, nil if it does.
	outage *Outage
}

func (t *target) String() string {
	return fmt.Sprintf("projection %s, generation %d", t.sub.name(), t.Generation)
}

func (t *target) place(stream es.StreamID) place { return place{t.sub.name(), t.Generation, stream} }

// targets are the generations to feed. Within a projection, those that readers switch to come first, so that readers
// never go back in time. New projections are registered.
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
	e.pointAll(ctx, records)
	return e.targetsOf(records), nil
}

// listed are the targets for callers that only read: it registers nothing.
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
		all[i] = e.subscription(r.Projection).watched(e.cfg.Parallel).fed(*r)
		slices.SortStableFunc(all[i], func(a, b target) int {
			return cmp.Compare(r.order(&a.Build, now), r.order(&b.Build, now))
		})
	}
	return all
}

// Records are the records of the engine's projections, without the replaced ones. It writes nothing: a projection that
// is not registered yet has the record that it would get, with revision 0.
//
// Errors: the catalog's.
func (e *Engine) Records(ctx context.Context) ([]Record, error) {
	return e.records(ctx, func(_ context.Context, sub *Subscription, records map[string]Record) (Record, error) {
		return e.seen(sub, records), nil
	})
}

// registered are the records of the engine's projections, without the replaced ones. It registers those that are
// missing.
//
// Errors: [ErrDescribed]; the catalog's.
func (e *Engine) registered(ctx context.Context) ([]Record, error) {
	if err := e.mayWrite(); err != nil {
		return nil, err
	}
	return e.records(ctx, e.recordOf)
}

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
	add = func(sub *Subscription) error { // its successor comes first
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

// isReplacedBy reports whether the successor has been readable for so long that no reader reads what it replaces.
func (e *Engine) isReplacedBy(sub *Subscription, records []Record) bool {
	i := slices.IndexFunc(records, func(r Record) bool { return r.Projection == sub.name() })
	return i >= 0 && records[i].Serving().complete(e.cfg.Now().Add(-swapLag))
}

// seen returns a projection's record, or the record that it would get.
func (e *Engine) seen(sub *Subscription, records map[string]Record) Record {
	if r, there := records[sub.name()]; there {
		return r
	}
	return first(sub, e.cfg.Now().UTC(), records)
}

// recordOf returns a projection's record. It registers the projection if there is none.
func (e *Engine) recordOf(ctx context.Context, sub *Subscription, records map[string]Record) (Record, error) {
	r := e.seen(sub, records)
	if _, there := records[sub.name()]; there {
		return r, nil
	}
	e.prepareFirst(ctx, sub, r.Last)
	switch err := e.catalog.Replace(ctx, r); {
	case errors.Is(err, ErrStale): // another process registered it
		records, err := e.catalog.Records(ctx)
		return records[sub.name()], err
	case err != nil:
		return r, fmt.Errorf("register projection %s: %w", sub.name(), err)
	}
	r.Revision++
	return e.ask(ctx, sub, r)
}

// ask starts the workers that a projection's generations need and that were not started yet, and returns the updated
// record. If it is interrupted, the next process that starts repeats it.
func (e *Engine) ask(ctx context.Context, sub *Subscription, record Record) (Record, error) {
	if e.cfg.Starter == nil || !sub.Projection.rebuilds() {
		return record, nil
	}
	next := record.clone()
	starts := map[string]Stage{} // the same name starts once
	for i := range next.Builds {
		switch b := &next.Builds[i]; {
		case b.WorkerStarted:
			continue
		case b.leaves():
			starts[fmt.Sprintf("%s-tidy-%d", sub.name(), record.Revision)] = Stage{Projection: sub.name(), Tidy: true}
		case b.Status == Serving && !b.Filled: // the first generation: events may be older than the projection
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
	if errors.Is(err, ErrStale) { // another process changed the record: at worst a worker starts twice
		return record, nil
	}
	next.Revision++
	return next, err
}

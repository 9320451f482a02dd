package annalslambda

import (
	"context"
	"errors"
	"iter"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Operator is what the people who run the service work with.
type Operator struct {
	// Engine keeps the read models, Rebuilder builds them anew, Reactions keeps the reactions.
	Engine    *projection.Engine
	Rebuilder *projection.Rebuilder
	Reactions *projection.Engine
	// Rebuilds builds them anew elsewhere, nil where nothing does.
	Rebuilds Machine
	// reactor reconciles the reactions; nothing is built anew.
	reactor *projection.Rebuilder

	store     es.Reader
	publisher *reaction.Reactor // nil = there is no bus
	failures  []functionFailures
}

// Operator returns what keeps the read models and the reactions. It needs [annalsaws.Tables].
//
// Errors: those of [annals.Service.Open].
func (d Deployment) Operator(cfg projection.RebuildConfig) (*Operator, error) {
	on, err := d.open(use{})
	if err != nil {
		return nil, err
	}
	engine := projection.NewEngine(on.store, on.catalog, d.starting(d.engine(d.CatchUps)), on.Subscriptions...)
	_, reactions, err := d.reactions()
	if err != nil {
		return nil, err
	}
	cfg.Log = d.Log
	o := &Operator{
		Engine: engine, Rebuilder: projection.NewRebuilder(engine, on.store, cfg),
		Reactions: reactions, reactor: projection.NewRebuilder(reactions, on.store, cfg), store: on.store,
		Rebuilds: d.Rebuilds,
		failures: []functionFailures{
			{string(annalsaws.Projector), d.ProjectorFailures}, {string(annalsaws.Reactor), d.ReactorFailures},
		},
	}
	if d.Bus != nil {
		o.publisher = d.publisher()
	}
	return o, nil
}

// Engines are all engines.
func (o *Operator) Engines() []*projection.Engine { return []*projection.Engine{o.Engine, o.Reactions} }

// of are the engines that keep projections, each with those of the names that are its own; all engines, if none is named.
func (o *Operator) of(names []string) map[*projection.Engine][]string {
	if len(names) == 0 {
		return map[*projection.Engine][]string{o.Engine: nil, o.Reactions: nil}
	}
	all := map[*projection.Engine][]string{}
	for _, name := range names {
		e := o.Engine // also of a name that is unknown: the engine says so
		if o.Reactions.Keeps(name) {
			e = o.Reactions
		}
		all[e] = append(all[e], name)
	}
	return all
}

// Parked yields the streams that wait, in the projections that are named or, if none is, in all. See [projection.Engine.Parked].
func (o *Operator) Parked(ctx context.Context, names ...string) iter.Seq2[projection.Waiting, error] {
	return func(yield func(projection.Waiting, error) bool) {
		wanted := o.of(names)
		for _, e := range o.Engines() {
			own, there := wanted[e]
			if !there {
				continue
			}
			for w, err := range e.Parked(ctx, own...) {
				if !yield(w, err) || err != nil {
					return
				}
			}
		}
	}
}

// Retry tries streams again that wait. See [projection.Engine.Retry].
func (o *Operator) Retry(ctx context.Context, names ...string) (int, error) {
	tried := 0
	var errs []error
	for e, own := range o.of(names) {
		n, err := e.Retry(ctx, own...)
		tried += n
		errs = append(errs, err)
	}
	return tried, errors.Join(errs...)
}

// CatchUp brings a stream level. See [projection.Engine.CatchUp].
func (o *Operator) CatchUp(ctx context.Context, stream es.StreamID, names ...string) error {
	var errs []error
	for e, own := range o.of(names) {
		errs = append(errs, e.CatchUp(ctx, stream, own...))
	}
	return errors.Join(errs...)
}

// RetryStream is CatchUp that tries a parked stream again. See [projection.Engine.RetryStream].
func (o *Operator) RetryStream(ctx context.Context, stream es.StreamID, names ...string) error {
	var errs []error
	for e, own := range o.of(names) {
		errs = append(errs, e.RetryStream(ctx, stream, own...))
	}
	return errors.Join(errs...)
}

// Reconcile compares the read models, and then the reactions, with all streams. See [projection.Rebuilder.Reconcile].
func (o *Operator) Reconcile(ctx context.Context) (readModels, reactions projection.Reconciled, err error) {
	if readModels, err = o.Rebuilder.Reconcile(ctx); err != nil {
		return readModels, reactions, err
	}
	reactions, err = o.reactor.Reconcile(ctx)
	return readModels, reactions, err
}

// engine configures what brings projections forward, with the queue that it leaves work to.
func (d Deployment) engine(queue projection.Queue) projection.Config {
	return projection.Config{
		Log: d.Log, Queue: queue, Notifier: d.Notifier, CodeVersion: codeVersion, Observe: d.Meter.Observe,
	}
}

// starting is a configuration with what starts rebuilds.
func (d Deployment) starting(cfg projection.Config) projection.Config {
	if d.Rebuilds != nil { // a Starter that is nil, not one that holds nil
		cfg.Starter = d.Rebuilds
	}
	return cfg
}

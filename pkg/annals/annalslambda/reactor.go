package annalslambda

import (
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Reactor returns the subscriber that runs the reactions, publishes integration events and counts tampered commits. It
// receives batches of the event table's stream, as the projector does. It needs [annalsaws.ReactorTables] and the
// clients.
//
// Errors: those of [annals.Service.Open].
func (d Deployment) Reactor() (*Subscriber, error) {
	o, engine, err := d.reactions()
	if err != nil {
		return nil, err
	}
	p := &Subscriber{
		engine: engine, rebuilder: projection.NewRebuilder(engine, o.store, projection.RebuildConfig{
			Log: d.Log, Reconcile: projection.ReconcileConfig{Observe: d.Meter.Reconciled},
		}),
		queue: d.ReactionJobs, batches: d.GivenUp, failures: d.ReactorFailures, log: d.Log, meter: d.Meter,
		decrypt: o.decrypt,
	}
	p.asked = p.tasks(o.store)
	p.asked[ask.Republish] = d.republish(o.store)
	p.asked = p.asked.on(d.Tables.Of(annalsaws.Events))
	return p, nil
}

// reactions returns the engine of all reactions. The publisher is one of them if there is a bus, and something public.
func (d Deployment) reactions() (*opened, *projection.Engine, error) {
	// reactions load the same aggregates repeatedly
	o, err := d.open(use{noReadModels: true, clients: true, stateCache: stateCache})
	if err != nil {
		return nil, nil, err
	}
	tables := annalsaws.ReactionTables(d.Service)
	subscriptions := make([]projection.Subscription, 0, len(tables))
	add := func(p projection.Projection, on annalsaws.Table) {
		view := dynamoview.New(d.DynamoDB, d.Tables.Of(on))
		subscriptions = append(subscriptions, projection.Subscription{Projection: p, View: view})
	}
	for i, r := range d.Service.Reactions {
		add(reaction.New(reaction.Reaction{
			Name: r.Name, Sources: r.Sources(o.Running), Transient: unavailable,
			RetryFromQueue: len(d.Service.Clients) > 0, // other streams don't wait for another system
		}), tables[i])
	}
	if d.Bus != nil && len(d.Service.Public) > 0 {
		add(d.publisher(), annalsaws.Publisher)
	}
	return o, projection.NewEngine(o.store, o.catalog, d.engine(d.ReactionJobs), subscriptions...), nil
}

func (d Deployment) publisher() *reaction.Reactor {
	return publish.NewPublisher(d.Bus, d.EventSource, d.Service.PublicPrefix, d.Service.Public...)
}

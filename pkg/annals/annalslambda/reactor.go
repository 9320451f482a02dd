package annalslambda

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/annals"
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
	// reactions load the same aggregates repeatedly
	o, err := d.open(use{noReadModels: true, clients: true, stateCache: stateCache})
	if err != nil {
		return nil, err
	}
	timers, err := d.timers(o.Running)
	if err != nil {
		return nil, err
	}
	engine := projection.NewEngine(o.store, o.catalog, d.engine(d.ReactionJobs), d.reactions(o.Running, timers)...)
	p := &Subscriber{
		engine: engine, rebuilder: projection.NewRebuilder(engine, o.store, projection.RebuildConfig{
			Log: d.Log, Reconcile: projection.ReconcileConfig{Observe: d.Meter.Reconciled},
		}),
		queue: d.ReactionJobs, batches: d.GivenUp, failures: d.ReactorFailures, log: d.Log, meter: d.Meter,
		decrypt: o.decrypt, timers: timers, later: d.Later, now: d.now, recurs: o.Recur,
	}
	p.asked = p.tasks(o.store)
	p.asked[ask.Republish] = d.republish(o.store)
	p.asked[ask.RunDeadline] = p.onDeadline((*reaction.Timer).Run)
	p.asked[ask.CancelDeadline] = p.onDeadline((*reaction.Timer).Cancel)
	p.asked[ask.AskDeadlines] = p.askedAgain
	p.asked = p.asked.on(d.Tables.Of(annalsaws.Events))
	return p, nil
}

// timers returns the timers of the service, by their names.
func (d Deployment) timers(r *annals.Running) (map[string]*reaction.Timer, error) {
	all := map[string]*reaction.Timer{}
	for _, declared := range d.Service.Reactions {
		if !declared.IsTimer() {
			continue
		}
		if declared.Deadlines && d.Later == nil {
			return nil, fmt.Errorf("timer %s: the environment variables %s and %s are missing: "+
				"deploy the function with the stack", declared.Name, annalsaws.ReactionQueueEnv, annalsaws.DeadlineGroupEnv)
		}
		all[declared.Name] = declared.Timer(r, reaction.TimerConfig{
			Scheduler: deadlines{d.Later, d.now}, Transient: unavailable, Now: d.now, Log: d.Log,
			Confidential: d.Service.HasPersonal(),
		})
	}
	return all, nil
}

// now is the time by the deployment's clock.
func (d Deployment) now() time.Time {
	if d.Store.Now == nil {
		return time.Now()
	}
	return d.Store.Now()
}

// reactions are all reactions and timers, as subscriptions of an engine. The publisher is one of them if there is a
// bus, and something public.
func (d Deployment) reactions(r *annals.Running, timers map[string]*reaction.Timer) []projection.Subscription {
	tables := annalsaws.ReactionTables(d.Service)
	subscriptions := make([]projection.Subscription, 0, len(tables))
	add := func(p projection.Projection, on annalsaws.Table) {
		view := dynamoview.New(d.DynamoDB, d.Tables.Of(on))
		subscriptions = append(subscriptions, projection.Subscription{Projection: p, View: view})
	}
	for i, declared := range d.Service.Reactions {
		if declared.IsTimer() {
			add(timers[declared.Name], tables[i])
			continue
		}
		add(reaction.New(reaction.Reaction{
			Name: declared.Name, Sources: declared.Sources(r), Transient: unavailable,
			RetryFromQueue: len(d.Service.Clients) > 0, // other streams don't wait for another system
		}), tables[i])
	}
	if d.Bus != nil && len(d.Service.Public) > 0 {
		add(d.publisher(), annalsaws.Publisher)
	}
	return subscriptions
}

func (d Deployment) publisher() *reaction.Reactor {
	return publish.NewPublisher(d.Bus, d.EventSource, d.Service.PublicPrefix, d.Service.Public...)
}

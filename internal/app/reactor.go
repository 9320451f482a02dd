package app

import (
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	esreaction "github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/reaction"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Reactor returns what answers events with commands, publishes them, and tells of tampering. It takes batches of the event table's stream, as the projector does,
// and needs ReactorTables.
func (s Service) Reactor() (*Projector, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	engine, err := s.reactions(store)
	if err != nil {
		return nil, err
	}
	return &Projector{
		engine: engine, rebuilder: projection.NewRebuilder(engine, store, projection.RebuildConfig{
			Log: s.Log, Reconcile: projection.ReconcileConfig{Observe: s.Meter.Reconciled},
		}),
		queue: s.ReactionJobs, batches: s.GivenUp, failures: s.ReactorFailures, log: s.Log, meter: s.Meter,
	}, nil
}

// reactions is the engine of all reactions, the publisher among them.
func (s Service) reactions(store *dynamostore.Store) (*projection.Engine, error) {
	all, err := s.aggregates(stateCacheSize) // an order is looked at twice, and its products are those of others
	if err != nil {
		return nil, err
	}
	reserve := esreaction.New(esreaction.Reaction{
		Name: tables.ReserveStock.Name,
		Sources: []esreaction.Source{
			esreaction.From(order.Aggregate, esreaction.OnTypes(reaction.NewReserveStock(all).React, reaction.ReservingEvents...)),
		},
		Transient: dynamofault.Unavailable,
	})
	subscriptions := []projection.Subscription{{Projection: reserve, View: dynamoview.New(s.DynamoDB, s.Tables.Of(tables.ReserveStock))}}
	if s.Bus != nil {
		subscriptions = append(subscriptions, projection.Subscription{
			Projection: s.publisher(), View: dynamoview.New(s.DynamoDB, s.Tables.Of(tables.Publisher)),
		})
	}
	return projection.NewEngine(
		store, dynamoview.NewCatalog(s.DynamoDB, s.Tables.Of(tables.Projections)), s.engine(s.ReactionJobs), subscriptions...,
	), nil
}

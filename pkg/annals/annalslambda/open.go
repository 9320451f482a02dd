package annalslambda

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// stateCache is how many aggregates of each kind a process that makes decisions keeps in memory. They take some
// kilobytes each.
const stateCache = 1000

// opened is a service that runs on DynamoDB.
type opened struct {
	*annals.Running
	store   *dynamostore.Store
	catalog *dynamoview.Catalog
	views   map[string]*dynamoview.View
}

// use is what a function does with the service.
type use struct {
	// stateCache is how many aggregates of each kind stay in memory.
	stateCache int
	// commands: it takes commands. It stores the rows of inline read models with their events, and knows the secrets.
	commands bool
	// noReadModels: it has no read models.
	noReadModels bool
	// clients: it calls other systems.
	clients bool
}

// open runs the service.
func (d Deployment) open(u use) (*opened, error) { return d.openBy((*annals.Service).Open, u) }

// openReadModels runs the service for a function that loads no aggregate.
func (d Deployment) openReadModels() (*opened, error) {
	return d.openBy((*annals.Service).OpenReadModels, use{})
}

// openBy runs the service. Tables that the deployment has no names of must not be used: it has no snapshots where it is
// not told of their table.
func (d Deployment) openBy(
	by func(*annals.Service, annals.Stores, annals.Config) (*annals.Running, error), u use,
) (*opened, error) {
	if err := d.Service.Check(); err != nil {
		return nil, err
	}
	o := &opened{
		catalog: dynamoview.NewCatalog(d.DynamoDB, d.Tables.Of(annalsaws.Projections)), views: map[string]*dynamoview.View{},
	}
	stores := annals.Stores{Catalog: o.catalog}
	if !u.noReadModels {
		for _, m := range d.Service.ReadModels {
			o.views[m.Name()] = dynamoview.New(d.DynamoDB, d.Tables.Of(annalsaws.ReadTable(m)))
		}
		stores.Views = func(readModel string) projection.View { return o.views[readModel] }
	}
	events := d.Store
	events.Log, events.ClockOff = d.Log, d.Meter.ClockOff
	if u.commands {
		events.Companion = dynamoview.NewInline(o.catalog, d.Service.Subscriptions(stores.Views)...)
	}
	store, err := dynamostore.New(d.DynamoDB, d.Tables.Of(annalsaws.Events), events)
	if err != nil {
		return nil, err
	}
	o.store, stores.Events = store, store
	if table := d.Tables.Of(annalsaws.Snapshots); table != "" {
		stores.Snapshots = dynamostore.NewSnapshots(d.DynamoDB, table)
	}
	cfg := annals.Config{
		Executor:   es.ExecutorConfig{Log: d.Log, Count: d.Meter.Signal},
		StateCache: u.stateCache, Log: d.Log, Now: d.Store.Now,
	}
	if u.commands {
		cfg.Secrets = d.Secrets
	}
	if u.clients {
		cfg.Clients = append([]annals.OpenedClient{}, d.Clients...) // not nil, so that a client that is missing is an error
	}
	o.Running, err = by(d.Service, stores, cfg)
	return o, err
}

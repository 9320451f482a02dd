package annalslambda

import (
	"context"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// stateCache is how many aggregates of each type a process that decides commands keeps in memory. Each takes some
// kilobytes.
const stateCache = 1000

// opened is a service opened on DynamoDB.
type opened struct {
	*annals.Running
	store   eventStore
	catalog *dynamoview.Catalog
	views   map[string]projection.View
}

// eventStore is the event store of a function.
type eventStore interface {
	es.Store
	es.Scanner
}

// withKeys returns a store that encrypts and decrypts personal data.
func (d Deployment) withKeys(store *dynamostore.Store) (*personal.Store, error) {
	keys, err := dynamokeys.New(d.DynamoDB, d.Tables.Of(annalsaws.Keys))
	if err != nil {
		return nil, err
	}
	cfg := d.Keys
	cfg.Renew = d.Service.RenewsKey
	return personal.NewStore(store, keys, cfg)
}

// decrypt decrypts the personal data of commits that did not come from the store.
func (o *opened) decrypt(ctx context.Context, commits []es.Commit) error {
	keyed, is := o.store.(*personal.Store)
	if !is {
		return nil
	}
	all := make([]*es.Commit, len(commits))
	for i := range commits {
		all[i] = &commits[i]
	}
	return keyed.Open(ctx, all...)
}

// use says what a function needs of the service.
type use struct {
	// stateCache is how many aggregates of each type stay in memory.
	stateCache int
	// commands is set if the function decides commands: it gets the secrets, and stores the rows of inline read models
	// together with their events.
	commands bool
	// noReadModels is set if the function uses no read models.
	noReadModels bool
	// clients: it calls other systems.
	clients bool
}

// open opens the service.
func (d Deployment) open(u use) (*opened, error) { return d.openBy((*annals.Service).Open, u) }

// openReadModels opens the service for a function that loads no aggregate.
func (d Deployment) openReadModels() (*opened, error) {
	return d.openBy((*annals.Service).OpenReadModels, use{})
}

// openBy opens the service. It does not use a table whose name the deployment does not have: without the name of the
// snapshot table there are no snapshots.
func (d Deployment) openBy(
	by func(*annals.Service, annals.Stores, annals.Config) (*annals.Running, error), u use,
) (*opened, error) {
	if err := d.Service.Check(); err != nil {
		return nil, err
	}
	o := &opened{
		catalog: dynamoview.NewCatalog(d.DynamoDB, d.Tables.Of(annalsaws.Projections)), views: map[string]projection.View{},
	}
	stores := annals.Stores{Catalog: o.catalog, SQL: d.sql(), Search: d.Stores[annals.Search].Search}
	if !u.noReadModels {
		for _, m := range d.Service.ReadModels {
			if m.Store == annals.DynamoDB {
				o.views[m.Name()] = dynamoview.New(d.DynamoDB, d.Tables.Of(annalsaws.ReadTable(m)))
			} else {
				o.views[m.Name()] = d.Stores[m.Store].View(m)
			}
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
	o.store = store
	if d.Service.HasPersonal() {
		if stores.Personal, err = d.withKeys(store); err != nil {
			return nil, err
		}
		o.store = stores.Personal
	}
	stores.Events = o.store
	if table := d.Tables.Of(annalsaws.Snapshots); table != "" {
		stores.Snapshots = dynamostore.NewSnapshots(d.DynamoDB, table)
	}
	cfg := annals.Config{
		Executor:   es.ExecutorConfig{Log: d.Log, Count: d.Meter.Signal},
		StateCache: u.stateCache, Log: d.Log, Now: d.Store.Now, Forget: d.Forget, Settings: d.Settings,
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

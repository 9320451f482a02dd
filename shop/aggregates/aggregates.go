// Package aggregates puts the repositories of the service's aggregates together.
package aggregates

import (
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

type (
	// Accounts loads and changes accounts.
	Accounts = es.Repository[account.State, account.Event]
	// Orders loads and changes orders.
	Orders = es.Repository[order.State, order.Event]
	// Products loads and changes products.
	Products = es.Repository[product.State, product.Event]
	// Emails loads and changes e-mail addresses.
	Emails = es.Repository[email.State, email.Event]
	// EmailKeys loads and changes the record of the key of e-mail addresses.
	EmailKeys = es.Repository[email.KeyState, email.KeyEvent]
	//annals:new types
)

// All are the repositories on one store.
type All struct {
	Store     es.Store
	Executor  *es.Executor
	Accounts  *Accounts
	Orders    *Orders
	Products  *Products
	Emails    *Emails
	EmailKeys *EmailKeys
	//annals:new fields
}

// Config says what speeds loading up. The zero value always folds whole streams.
type Config struct {
	Executor es.ExecutorConfig
	// Snapshots is where snapshots of accounts, orders and products are kept, nil = nowhere.
	Snapshots es.SnapshotStore
	// StateCache is how many aggregates of each kind stay in memory. With 0, none does.
	StateCache int
}

// How snapshots are made. A schema is raised whenever the state of its aggregate, or what events do to it, changes:
// tests of golden states say when.
const (
	accountsEvery, accountsSchema = 100, 1
	ordersEvery, ordersSchema     = 50, 2
	productsEvery, productsSchema = 50, 1
	//annals:new snapshots
)

// New returns the repositories on a store.
func New(store es.Store, cfg Config) (All, error) {
	x := es.NewExecutor(store, cfg.Executor)
	all := All{Store: store, Executor: x}
	if cfg.StateCache < 0 {
		return all, fmt.Errorf("aggregates: %d of each kind can't stay in memory", cfg.StateCache)
	}
	all.Accounts = es.NewRepository(x, account.Aggregate, cfg.repository(accountsEvery, accountsSchema))
	all.Orders = es.NewRepository(x, order.Aggregate, cfg.repository(ordersEvery, ordersSchema))
	all.Products = es.NewRepository(x, product.Aggregate, cfg.repository(productsEvery, productsSchema))
	all.Emails = es.NewRepository(x, email.Aggregate, es.RepositoryConfig{}) // short streams, rarely asked twice
	all.EmailKeys = es.NewRepository(x, email.KeyAggregate, es.RepositoryConfig{})
	//annals:new repositories
	return all, nil
}

// repository is the configuration of an aggregate's repository, with a snapshot every so many events.
func (c Config) repository(every, schema int) es.RepositoryConfig {
	out := es.RepositoryConfig{Snapshots: es.Snapshots{Store: c.Snapshots, Every: every, Schema: schema}}
	if c.StateCache > 0 {
		out.StateCache, _ = lru.New[es.StreamID, any](c.StateCache) // it fails on sizes below 1
	}
	return out
}

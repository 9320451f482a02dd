// Package aggregates puts the repositories of the service's aggregates together.
package aggregates

import (
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/internal/account"
	"github.com/annals-es/annals/internal/email"
	"github.com/annals-es/annals/internal/order"
	"github.com/annals-es/annals/internal/product"
	"github.com/annals-es/annals/pkg/es"
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
)

// All are the repositories on one store.
type All struct {
	Store    es.Store
	Executor *es.Executor
	Accounts *Accounts
	Orders   *Orders
	Products *Products
	Emails   *Emails
}

// Config says what speeds loading up. The zero value always folds whole streams.
type Config struct {
	Executor es.ExecutorConfig
	// Snapshots is where snapshots of accounts, orders and products are kept, nil = nowhere.
	Snapshots es.SnapshotStore
	// Warm is how many aggregates of each kind stay in memory, 0 = none.
	Warm int
}

// How snapshots are made. A schema is raised whenever the state of its aggregate, or what events do to it, changes.
const (
	accountsEvery, accountsSchema = 100, 1
	ordersEvery, ordersSchema     = 50, 2
	productsEvery, productsSchema = 50, 1
)

// New returns the repositories on a store.
func New(store es.Store, cfg Config) (All, error) {
	x := es.NewExecutor(store, cfg.Executor)
	all := All{Store: store, Executor: x}
	accounts, err1 := cfg.repository(accountsEvery, accountsSchema)
	orders, err2 := cfg.repository(ordersEvery, ordersSchema)
	products, err3 := cfg.repository(productsEvery, productsSchema)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return all, fmt.Errorf("aggregates: %w", err)
		}
	}
	all.Accounts = es.NewRepository(x, account.Aggregate, accounts)
	all.Orders = es.NewRepository(x, order.Aggregate, orders)
	all.Products = es.NewRepository(x, product.Aggregate, products)
	all.Emails = es.NewRepository(x, email.Aggregate, es.RepositoryConfig{}) // short streams, rarely asked twice
	return all, nil
}

// repository is the configuration of an aggregate's repository; every = 0 means that it has no snapshots.
func (c Config) repository(every, schema int) (es.RepositoryConfig, error) {
	var out es.RepositoryConfig
	if every > 0 {
		out.Snapshots, out.Every, out.Schema = c.Snapshots, every, schema
	}
	if c.Warm > 0 {
		warm, err := lru.New[es.StreamID, any](c.Warm)
		if err != nil {
			return out, err
		}
		out.Warm = warm
	}
	return out, nil
}

package annalslambda

import (
	"fmt"
	"os"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// OpenedStore is an opened store of read models that is not DynamoDB.
type OpenedStore struct {
	// View returns the view of a read model.
	View func(m *annals.DeclaredReadModel) projection.View
	// SQL are the tables in which people query. It is nil if the store knows no SQL.
	SQL annals.SQLTables
	// Search searches in read models. It is nil if the store can't.
	Search annals.SendSearch
}

// OpenStore opens a store of read models from the environment of a function. It need not connect.
type OpenStore func(d Deployment, getenv func(string) string) (OpenedStore, error)

// drivers open the stores that this program can use.
var drivers = map[annals.Store]OpenStore{}

// Register makes a program able to use a store of read models that is not DynamoDB. The package of a driver calls it
// when it is imported: annalssql for [annals.SQL], annalssearch for [annals.Search], annalscache for [annals.Cache].
// Only the functions that read or write read models need a driver; it makes them larger.
func Register(store annals.Store, open OpenStore) { drivers[store] = open }

// storesBeside are the stores besides DynamoDB that the deployment has.
func storesBeside() ([]annals.Store, error) {
	stores, err := annals.ParseStores(os.Getenv(annalsaws.StoresEnv))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", annalsaws.StoresEnv, err)
	}
	return stores, nil
}

// withStores opens the stores besides DynamoDB that the service's read models are in.
func (d Deployment) withStores() (Deployment, error) {
	d.Stores = map[annals.Store]OpenedStore{}
	for _, m := range d.Service.ReadModels {
		if _, open := d.Stores[m.Store]; open || m.Store == annals.DynamoDB {
			continue
		}
		open, there := drivers[m.Store]
		if !there {
			return d, fmt.Errorf("read model %s is in store %q, but this program was built without its driver: build it with the tag %s",
				m.Name(), m.Store, m.Store)
		}
		opened, err := open(d, os.Getenv)
		if err != nil {
			return d, fmt.Errorf("store %s: %w", m.Store, err)
		}
		d.Stores[m.Store] = opened
	}
	return d, nil
}

// sql are the tables of the store that knows SQL, nil if there is none.
func (d Deployment) sql() annals.SQLTables {
	return d.Stores[annals.SQL].SQL
}

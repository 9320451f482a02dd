package readmodel

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// CountsKey is the key of a product's counters. TopOf are the products that sold best, by their counters.
var (
	CountsKey = countsKey
	TopOf     = topOf
)

// reading is one read model on its table, as one version of the code has it.
type reading struct {
	catalog      *dynamoview.Catalog
	subscription projection.Subscription
	*projection.Reader
}

// read opens a read model. names are the tables on DynamoDB, by the read model's name, and "projections".
func read(
	m projection.Subscription, store es.Reader, client dynamoview.Client, names map[string]string, now func() time.Time,
) reading {
	m.View = dynamoview.New(client, names[m.Projection.Name()])
	catalog := dynamoview.NewCatalog(client, names["projections"])
	return reading{
		catalog: catalog, subscription: m, Reader: projection.NewReader(store, catalog, projection.ReaderConfig{Now: now}, m),
	}
}

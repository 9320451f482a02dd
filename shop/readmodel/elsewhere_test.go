package readmodel_test

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

// TestBestSellers: units are counted in the month in which an order is placed, and taken out when it is cancelled,
// however the events are delivered.
func TestBestSellers(t *testing.T) {
	t.Parallel()
	a, b := order.Aggregate.Stream("a"), order.Aggregate.Stream("b")
	price := usd("2.00")
	march := es.Meta{OccurredAt: time.Date(1997, 3, 31, 23, 59, 0, 0, time.UTC)}
	f := estest.Project(t, readmodel.BestSellers, order.Aggregate.Events).With(march).
		Given(a, order.OrderCreated{OrderID: "a", CustomerID: "ada"}, order.ItemAdded{ProductID: "tea", Quantity: 2, UnitPrice: price},
			order.ItemAdded{ProductID: "tea", Quantity: 3, UnitPrice: usd("1.00")},
			order.ItemAdded{ProductID: "milk", Quantity: 1, UnitPrice: price}, order.ItemRemoved{ProductID: "milk"},
			order.OrderPlaced{Total: usd("7.00")}).
		Given(b, order.OrderCreated{OrderID: "b", CustomerID: "bob"}, order.ItemAdded{ProductID: "tea", Quantity: 4, UnitPrice: price},
			order.OrderPlaced{Total: usd("8.00")})
	key := func(partition string) projection.Key { return projection.Key{Partition: partition, Sort: "tea"} }
	for _, partition := range []string{"1997-03", "always"} {
		f.Counters(key(partition), map[string]string{"units": "9", "orders": "2"})
	}
	f.Given(b, order.OrderCancelled{}).Counters(key("1997-03"), map[string]string{"units": "5", "orders": "1"}).
		State(b, readmodel.Selling{}).Chaos()
}

// TestOrderSearch: an order has what people search of it; a product has its name.
func TestOrderSearch(t *testing.T) {
	t.Parallel()
	a, tea := order.Aggregate.Stream("a"), product.Aggregate.Stream("tea")
	price, placed := usd("2.00"), time.Date(1997, 3, 1, 0, 0, 0, 0, time.UTC)
	estest.Project(t, readmodel.OrderSearch, order.Aggregate.Events, product.Aggregate.Events).With(es.Meta{OccurredAt: placed}).
		Given(tea, product.ProductListed{ProductID: "tea", Name: "Green tea", UnitPrice: price}).
		Given(a, order.OrderCreated{OrderID: "a", CustomerID: "ada"}, order.ItemAdded{ProductID: "tea", Quantity: 2, UnitPrice: price},
			order.ItemAdded{ProductID: "milk", Quantity: 1, UnitPrice: price}, order.ItemRemoved{ProductID: "milk"}).
		State(a, readmodel.Searchable{Customer: "ada", Products: []string{"tea"}, Status: order.StatusDraft}).
		Given(a, order.OrderPlaced{Total: usd("4.00")}, order.OrderShipped{TrackingNumber: "t"}).
		State(a, readmodel.Searchable{
			Customer: "ada", Products: []string{"tea"}, Status: order.StatusShipped, Placed: placed, Total: usd("4.00"),
		}).
		State(tea, readmodel.Searchable{Name: "Green tea"}).Chaos()
}

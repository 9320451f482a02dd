package shop_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/product"
)

// TestProductStates: a fold that makes other states needs another snapshot schema.
func TestProductStates(t *testing.T) {
	t.Parallel()
	listed := product.ProductListed{ProductID: "tea", Name: "Tea", UnitPrice: usd("5")}
	estest.For(product.Aggregate).States(t, golden(product.Aggregate.StreamType), map[string][]product.Event{
		"stock": {
			listed, product.StockReceived{Quantity: 53}, product.PriceChanged{UnitPrice: usd("5.50")},
			product.StockReserved{OrderID: "o-1", Quantity: 3}, product.StockReserved{OrderID: "o-2", Quantity: 4},
			product.ReservationFulfilled{OrderID: "o-1"}, product.ReservationReleased{OrderID: "o-2"},
		},
		"reserved twice": {
			listed, product.StockReceived{Quantity: 5}, product.StockReserved{OrderID: "o-1", Quantity: 1},
			product.StockReserved{OrderID: "o-1", Quantity: 2}, product.ReservationReleased{OrderID: "o-9"},
		},
	})
}

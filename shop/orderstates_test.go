package shop_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/order"
)

// TestOrderStates: a fold that makes other states needs another snapshot schema.
func TestOrderStates(t *testing.T) {
	t.Parallel()
	created := order.OrderCreated{OrderID: "o-1", CustomerID: "c-1"}
	tea := order.ItemAdded{ProductID: "tea", Quantity: 3, UnitPrice: usd("5")}
	address := order.ShippingAddressSet{Address: order.Address{
		Recipient: "Ada", Line1: "1 Way", Line2: "2nd floor", City: "Reims", Region: "Marne", PostalCode: "51100",
		Country: "France",
	}}
	estest.For(order.Aggregate).States(t, golden(order.Aggregate.StreamType), map[string][]order.Event{
		"draft to delivery": {
			created, tea, order.ItemAdded{ProductID: "pot", Quantity: 1, UnitPrice: usd("20")}, tea,
			order.ItemRemoved{ProductID: "pot"},
			address, order.OrderPlaced{Total: usd("30")}, order.PaymentReceived{PaymentID: "p-1", Amount: usd("10")},
			order.PaymentReceived{PaymentID: "p-2", Amount: usd("20")}, order.OrderFlaggedShort{ProductIDs: []string{"tea"}},
			order.OrderShipped{TrackingNumber: "T-1"}, order.OrderDelivered{},
		},
		"free": {
			created, order.ItemAdded{ProductID: "leaflet", Quantity: 1, UnitPrice: usd("0")},
			address, order.OrderPlaced{Total: usd("0")},
		},
		"emptied":         {created, tea, order.ItemRemoved{ProductID: "tea"}},
		"cancelled":       {created, tea, address, order.OrderPlaced{Total: usd("15")}, order.OrderCancelled{}},
		"two prices":      {created, tea, order.ItemAdded{ProductID: "tea", Quantity: 1, UnitPrice: usd("4")}},
		"cancelled early": {created, order.OrderCancelled{}},
	})
}

// Package integration decides what others may know: which events are public, and what they look like outside. An integration
// event is not the stored event: its shape is a promise to consumers that nobody here knows, and stays while stored shapes
// change. docs/integration-events.md describes them all.
package integration

import (
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// Public is all of it, for the publisher: the events that are public in each aggregate.
var Public = []publish.Public{
	publish.Of(account.Aggregate, ofAccount, account.AccountOpened{}, account.AccountClosed{}),
	publish.Of(order.Aggregate, ofOrder, order.OrderPlaced{}, order.PaymentReceived{}, order.OrderShipped{},
		order.OrderDelivered{}, order.OrderCancelled{}, order.OrderFlaggedShort{}),
	publish.Of(product.Aggregate, ofProduct, product.ProductListed{}, product.PriceChanged{}, product.StockReceived{}),
}

// StreamTypes are the types of the streams that have public events, sorted.
func StreamTypes() []string {
	all := make([]string, len(Public))
	for i, p := range Public {
		all[i] = p.StreamType
	}
	slices.Sort(all)
	return all
}

// Types are all integration events, one value each.
var Types = []publish.Data{
	AccountOpened{}, AccountClosed{},
	OrderPlaced{}, PaymentReceived{}, OrderShipped{}, OrderDelivered{}, OrderCancelled{}, OrderFlaggedShort{},
	ProductListed{}, PriceChanged{}, StockReceived{},
}

// Of is what an event of a stream is outside, nil if it is private.
//
// Errors: one for an event that nobody has decided on: it must not get out by accident, or be left out by one.
func Of(stream es.StreamID, event any) (publish.Data, error) {
	switch e := event.(type) {
	case account.Event:
		return ofAccount(stream.ID, e)
	case order.Event:
		return ofOrder(stream.ID, e)
	case product.Event:
		return ofProduct(stream.ID, e)
	}
	return undecided(event)
}

func undecided(event any) (publish.Data, error) {
	return nil, fmt.Errorf("nobody has decided whether %T is public: do so in shop/integration", event)
}

// Money is an amount in a currency.
type Money struct {
	Amount   string `json:"amount" doc:"A decimal number with all the decimals of its currency" example:"12.30"`
	Currency string `json:"currency" doc:"ISO 4217 code" example:"USD"`
}

func amount(m money.Money) Money { return Money{Amount: m.Amount(), Currency: m.Currency()} }

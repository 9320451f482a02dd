// Package integration decides what others may know: which events are public, and what they look like outside. An
// integration event is not the stored event: its shape is a promise to consumers that nobody here knows, and stays
// while stored shapes change. docs/integration-events.md describes them all.
package integration

import (
	"fmt"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// The events that are public, unless what they are mapped to is nil.
var (
	PublicOfAccount = []account.Event{account.AccountOpened{}, account.AccountClosed{}}
	PublicOfOrder   = []order.Event{
		order.OrderPlaced{}, order.PaymentReceived{}, order.OrderShipped{}, order.OrderDelivered{}, order.OrderCancelled{},
		order.OrderFlaggedShort{},
	}
	PublicOfProduct = []product.Event{product.ProductListed{}, product.PriceChanged{}, product.StockReceived{}}
)

// Types are all integration events, one value each.
var Types = []publish.Data{
	AccountOpened{}, AccountClosed{},
	OrderPlaced{}, PaymentReceived{}, OrderShipped{}, OrderDelivered{}, OrderCancelled{}, OrderFlaggedShort{},
	ProductListed{}, PriceChanged{}, StockReceived{},
}

// undecided is the error of an event that nobody has decided on: it must not get out by accident, or be left out by
// one.
func undecided(event any) (publish.Data, error) {
	return nil, fmt.Errorf("nobody has decided whether %T is public: do so in shop/integration", event)
}

// Money is an amount in a currency.
type Money struct {
	Amount   string `json:"amount" doc:"A decimal number with all the decimals of its currency" example:"12.30"`
	Currency string `json:"currency" doc:"ISO 4217 code" example:"USD"`
}

func amount(m money.Money) Money { return Money{Amount: m.Amount(), Currency: m.Currency()} }

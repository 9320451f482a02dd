// Package integration decides which events are public, and what they look like outside the service. An integration
// event is not the stored event: its shape is a promise to unknown consumers, and stays when stored shapes change.
// docs/integration-events.md describes them all. Start with [Types].
package integration

import (
	"fmt"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// The prototypes of public events. Those that are mapped to nil are private.
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

// undecided is the error for an event type without a decision. Such an event must be neither published nor left out by
// accident.
func undecided(event any) (publish.Data, error) {
	return nil, fmt.Errorf("it is not decided whether %T is public: decide it in shop/integration", event)
}

// Money is an amount in a currency.
type Money struct {
	Amount   string `json:"amount" doc:"A decimal number with all the decimals of its currency" example:"12.30"`
	Currency string `json:"currency" doc:"ISO 4217 code" example:"USD"`
}

func amount(m money.Money) Money { return Money{Amount: m.Amount(), Currency: m.Currency()} }

package shop

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/rule"
)

// priced gives items the shop's prices. Callers without operator rights get no others. It is part of a decision, so a
// repeated command is recognized before it runs and gets its first answer, whatever the price is by then. The decision
// does not depend on the price: a price that changes at the same time causes no conflict.
//
// The catalog can only accept an item. If it would refuse one, or can't answer in time, the price is read from the
// product's events: commands need no read model.
//
// Errors: [order.PriceError]; those of the event store.
func priced(tx *annals.Tx, items ...Item) ([]order.Item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	wanted, ids := make([]order.Wanted, len(items)), make([]string, len(items))
	for i, item := range items {
		wanted[i], ids[i] = item.wanted(), string(item.ProductID)
	}
	quote := catalog(tx, ids)
	for looked := map[string]bool{}; ; {
		priced, err := quote.Items(wanted, tx.Caller().Operates())
		var refused *order.PriceError
		if !errors.As(err, &refused) || looked[refused.ProductID] {
			return priced, err
		}
		looked[refused.ProductID] = true
		if err := price(tx, quote, refused.ProductID); err != nil {
			return nil, err
		}
	}
}

// catalogTime is how long the catalog may take to answer. It takes milliseconds; under load it takes longer, and
// reading events instead would add to the load.
const catalogTime = 3 * time.Second

// catalog looks prices up in the catalog. It returns none if the catalog can't be read.
func catalog(tx *annals.Tx, ids []string) order.Quote {
	brief, cancel := context.WithTimeout(tx.Context(), catalogTime)
	defer cancel()
	quote, err := readmodel.Quote(brief, tx.ReadModel, ids...)
	if err != nil {
		tx.Warn("the catalog can't be read: prices are read from the products' events", err)
		return order.Quote{}
	}
	return quote
}

// price looks up the price of one product in its events.
func price(tx *annals.Tx, quote order.Quote, productID string) error {
	p, err := annals.Peek(tx, product.Aggregate, productID)
	if err == nil {
		quote[productID] = p.State.UnitPrice
	}
	if errors.As(err, new(*es.NotFoundError)) {
		return nil // the quote lacks it, and refuses the item
	}
	return err
}

// PriceMembers are the additional members of a problem whose item is refused because of its price.
type PriceMembers struct {
	ProductID    string  `json:"productId,omitempty" doc:"The product, in the problems unknown-product and price-changed"`
	CurrentPrice *Amount `json:"currentPrice,omitempty" doc:"The current price of the product, in the problem price-changed"`
}

// refusedPrice is the refusal of an item because of its price, nil for other errors.
func refusedPrice(err error) *annals.Refusal {
	var (
		price     *order.PriceError
		violation *rule.Violation
	)
	if !errors.As(err, &price) || !errors.As(err, &violation) {
		return nil
	}
	members := PriceMembers{ProductID: price.ProductID}
	if price.Listed {
		members.CurrentPrice = &Amount{Amount: price.CurrentPrice.Amount(), Currency: price.CurrentPrice.Currency()}
	}
	return &annals.Refusal{
		Status: http.StatusUnprocessableEntity, Code: string(violation.Code), Detail: violation.Detail, Members: members,
	}
}

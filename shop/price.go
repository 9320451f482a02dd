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

// priced puts the shop's prices to items: callers without operator rights get no others. It is part of a decision, so
// that a repeated command is recognised first and answered as it was, whatever the price is by then. Nothing guards the
// price: a price that changes at the same time makes no conflict.
//
// Only an acceptance rests on the catalog. What the catalog would refuse, or can't answer in time, is looked up in the
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

// catalogTime is how long the catalog may take to answer: it takes milliseconds, and under load more, when reading
// events instead would only add to it.
const catalogTime = 3 * time.Second

// catalog looks prices up in the catalog. It knows none where the catalog can't be read.
func catalog(tx *annals.Tx, ids []string) order.Quote {
	brief, cancel := context.WithTimeout(tx.Context(), catalogTime)
	defer cancel()
	quote, err := readmodel.Quote(brief, tx.ReadModel, ids...)
	if err != nil {
		tx.Warn("prices are read from the products' events: the catalog can't be read", err)
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
		return nil // the quote has none, and refuses it
	}
	return err
}

// PriceMembers are what a problem says of an item whose price is refused, besides what all problems say.
type PriceMembers struct {
	ProductID    string  `json:"productId,omitempty" doc:"The product of unknown-product and price-changed"`
	CurrentPrice *Amount `json:"currentPrice,omitempty" doc:"What the product of price-changed costs now"`
}

// refusedPrice is the refusal of an item by its price, nil for other errors.
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

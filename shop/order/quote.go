package order

import (
	"github.com/annals-es/annals/shop/money"
)

// Wanted is a requested item: a listed product, at its current price if UnitPrice is nil.
type Wanted struct {
	ProductID string
	Quantity  int
	UnitPrice *money.Money
}

// Quote is the current price of products, by product id. Products that are not listed are missing.
type Quote map[string]money.Money

// Items returns the requested items with their prices. A caller who may set prices gets the requested price.
//
// Errors: [PriceError] for the first item whose product is not listed, or whose requested price differs.
func (q Quote) Items(wanted []Wanted, maySetPrices bool) ([]Item, error) {
	items := make([]Item, len(wanted))
	for i, w := range wanted {
		current, listed := q[w.ProductID]
		switch {
		case !listed:
			return nil, &PriceError{ProductID: w.ProductID}
		case w.UnitPrice == nil:
			w.UnitPrice = &current
		case !maySetPrices && !w.UnitPrice.Equal(current):
			return nil, &PriceError{ProductID: w.ProductID, Listed: true, CurrentPrice: current}
		}
		items[i] = Item{ProductID: w.ProductID, Quantity: w.Quantity, UnitPrice: *w.UnitPrice}
	}
	return items, nil
}

// PriceError names a product that can't be ordered, or not at the requested price. It wraps a [rule.Violation]:
// UnknownProduct or PriceChanged.
type PriceError struct {
	ProductID string
	// Listed is false for a product that is not listed. CurrentPrice is then empty.
	Listed       bool
	CurrentPrice money.Money
}

func (e *PriceError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the violation.
func (e *PriceError) Unwrap() error {
	if !e.Listed {
		return UnknownProduct.Because("product %s is not listed", e.ProductID)
	}
	return PriceChanged.Because("product %s costs %s now: order it at that price, or leave unitPrice out",
		e.ProductID, e.CurrentPrice)
}

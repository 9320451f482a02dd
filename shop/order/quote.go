package order

import (
	"github.com/annals-es/annals/shop/money"
)

// Wanted is an item as a caller asks for it: a listed product, at its current price if UnitPrice is nil.
type Wanted struct {
	ProductID string
	Quantity  int
	UnitPrice *money.Money
}

// Quote is what products cost now, by their ids. It has no product that is not listed.
type Quote map[string]money.Money

// Items returns the items that are wanted, with their prices. A caller who may set prices gets the price asked for.
//
// Errors: [PriceError] for the first item whose product is not listed, or that another price was asked for.
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

// PriceError says which product can't be ordered, or not at the price asked for. It is a [rule.Violation]:
// UnknownProduct or PriceChanged.
type PriceError struct {
	ProductID string
	// Listed is false for a product that is not listed. Then there is no CurrentPrice.
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

package order

import (
	"github.com/annals-es/annals/shop/rule"
)

// Create creates an order, with up to MaxItemsAtCreation items, all in one commit.
//
// Errors: [rule.Violation] with rule.IDMalformed or TooManyItems, and those of AddItem.
func Create(orderID, customerID string, items []Item) ([]Event, error) {
	if err := canCreate(orderID, customerID); err != nil {
		return nil, err
	}
	if err := FitCreation(len(items)); err != nil {
		return nil, err
	}
	var s State
	created := []Event{OrderCreated{OrderID: orderID, CustomerID: customerID}}
	evolve(&s, created[0])
	for _, item := range items {
		added, err := s.AddItem(item)
		if err != nil {
			return nil, err
		}
		evolve(&s, added[0])
		created = append(created, added...)
	}
	return created, nil
}

// FitCreation refuses more items than an order can be created with. Create checks it too. It is for callers that look
// something up for each item first.
//
// Errors: [rule.Violation] with TooManyItems.
func FitCreation(items int) error {
	if items > MaxItemsAtCreation {
		return TooManyItems.Because("an order can be created with at most %d items, it has %d: add the others afterwards",
			MaxItemsAtCreation, items)
	}
	return nil
}

// AddItem adds units of a product at a price, which may be zero (a full discount). All prices of an order are in the
// currency of the first.
//
// Errors: [rule.Violation] with NotDraft, rule.IDMalformed, rule.QuantityNotPositive, rule.QuantityTooLarge,
// rule.AmountNegative, rule.CurrencyMissing, rule.CurrencyMismatch, rule.AmountTooLarge (of the total) or TooManyItems.
func (s State) AddItem(item Item) ([]Event, error) {
	if err := s.mustBeDraft(); err != nil {
		return nil, err
	}
	if err := rule.ID("product id", item.ProductID); err != nil {
		return nil, err
	}
	if err := rule.Quantity(item.Quantity); err != nil {
		return nil, err
	}
	if err := rule.NotNegative("unit price", item.UnitPrice); err != nil {
		return nil, err
	}
	if err := rule.Together(s.units(), item.Quantity); err != nil {
		return nil, err
	}
	if err := s.canTotal(item); err != nil {
		return nil, err
	}
	if s.line(item) < 0 && len(s.Items) >= MaxLines {
		return nil, TooManyItems.Because("an order has at most %d lines", MaxLines)
	}
	return []Event{ItemAdded(item)}, nil
}

func (s State) canTotal(item Item) error {
	price, err := item.UnitPrice.Mul(item.Quantity)
	if err == nil {
		_, err = s.Total.Add(price)
	}
	return rule.Arithmetic(err)
}

// RemoveItem removes all lines of a product.
//
// Errors: [rule.Violation] with NotDraft or ItemNotInOrder.
func (s State) RemoveItem(productID string) ([]Event, error) {
	if err := s.mustBeDraft(); err != nil {
		return nil, err
	}
	if !s.contains(productID) {
		return nil, ItemNotInOrder.Because("the order has no product %s", productID)
	}
	return []Event{ItemRemoved{ProductID: productID}}, nil
}

// SetShippingAddress sets the destination of the order. It replaces an earlier one.
//
// Errors: [rule.Violation] with NotDraft, rule.TextMissing, rule.TextTooLong or rule.TextMalformed.
func (s State) SetShippingAddress(address Address) ([]Event, error) {
	if err := s.mustBeDraft(); err != nil {
		return nil, err
	}
	if err := address.check(); err != nil {
		return nil, err
	}
	return []Event{ShippingAddressSet{Address: address}}, nil
}

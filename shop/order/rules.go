package order

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/rule"
)

// The rules of an order, besides those of package rule.
const (
	NotDraft               rule.Code = "order-not-draft"
	NotPlaced              rule.Code = "order-not-placed"
	NotPaid                rule.Code = "order-not-paid"
	NotShipped             rule.Code = "order-not-shipped"
	AlreadyShipped         rule.Code = "order-already-shipped"
	AlreadyDelivered       rule.Code = "order-already-delivered"
	Cancelled              rule.Code = "order-cancelled"
	Empty                  rule.Code = "order-empty"
	NoShippingAddress      rule.Code = "no-shipping-address"
	ItemNotInOrder         rule.Code = "item-not-in-order"
	TooManyItems           rule.Code = "too-many-items"
	Overpayment            rule.Code = "overpayment"
	PaymentAlreadyRecorded rule.Code = "payment-already-recorded"
	TooManyPayments        rule.Code = "too-many-payments"
	UnknownProduct         rule.Code = "unknown-product"
	PriceChanged           rule.Code = "price-changed"
)

// Codes are the rules above.
var Codes = []rule.Code{
	NotDraft, NotPlaced, NotPaid, NotShipped, AlreadyShipped, AlreadyDelivered, Cancelled, Empty, NoShippingAddress,
	ItemNotInOrder, TooManyItems, Overpayment, PaymentAlreadyRecorded, TooManyPayments, UnknownProduct, PriceChanged,
}

// The limits of an order. They keep its state, and any row that lists its lines, well below DynamoDB's 400 KB an item.
const (
	// MaxItemsAtCreation is how many items fit into the commit that creates an order: each is an event, beside
	// OrderCreated.
	MaxItemsAtCreation = es.MaxEvents - 1
	// MaxLines is the most lines.
	MaxLines = 500
	// MaxPayments is the most payments.
	MaxPayments = 500
)

// canCreate refuses ids that an order can't have.
func canCreate(orderID, customerID string) error {
	if err := rule.ID("order id", orderID); err != nil {
		return err
	}
	return rule.ID("customer id", customerID)
}

// check refuses an address with a line that is missing or too long.
func (a Address) check() error {
	for _, line := range []struct {
		what, text string
		rule       rule.Text
	}{
		{"recipient", a.Recipient, rule.AddressLine},
		{"first line of the address", a.Line1, rule.AddressLine},
		{"second line of the address", a.Line2, rule.OptionalLine},
		{"city", a.City, rule.AddressLine},
		{"region", a.Region, rule.OptionalLine},
		{"postal code", a.PostalCode, rule.PostalCode},
		{"country", a.Country, rule.AddressLine},
	} {
		if err := line.rule.Check(line.what, line.text); err != nil {
			return err
		}
	}
	return nil
}

func (s State) mustBeDraft() error {
	switch s.Status {
	case StatusDraft:
		return nil
	case "":
		return NotDraft.Because("the order was never created")
	default:
		return NotDraft.Because("the order is %s: its items and address change only before it is placed", s.Status)
	}
}

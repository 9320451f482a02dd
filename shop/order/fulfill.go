package order

import (
	"slices"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

// Place ends the draft of an order that has an item and a shipping address. An order whose total is zero is then paid.
//
// Errors: [rule.Violation] with NotDraft, Empty or NoShippingAddress.
func (s State) Place() ([]Event, error) {
	if err := s.mustBeDraft(); err != nil {
		return nil, err
	}
	if len(s.Items) == 0 {
		return nil, Empty.Because("the order needs an item before it is placed")
	}
	if s.ShippingAddress == nil {
		return nil, NoShippingAddress.Because("the order needs a shipping address before it is placed")
	}
	return []Event{OrderPlaced{Total: s.Total}}, nil
}

// AwaitsPayment checks that the order is placed, and not paid in full.
//
// Errors: [rule.Violation] with NotPlaced, Cancelled or Overpayment.
func (s State) AwaitsPayment() error {
	switch s.Status {
	case StatusPlaced:
		return nil
	case "", StatusDraft:
		return NotPlaced.Because("the order must be placed before it is paid")
	case StatusCancelled:
		return Cancelled.Because("the order is cancelled")
	default:
		return Overpayment.Because("the order is paid already")
	}
}

// ReceivePayment records a payment in part or in full. A payment id counts once.
//
// Errors: [rule.Violation] with PaymentAlreadyRecorded, NotPlaced, Cancelled, rule.IDMalformed, rule.AmountNotPositive,
// rule.CurrencyMismatch, Overpayment or TooManyPayments.
func (s State) ReceivePayment(paymentID string, amount money.Money) ([]Event, error) {
	if s.hasPayment(paymentID) { // checked first, so that a repeat is not reported as a payment too many
		return nil, PaymentAlreadyRecorded.Because("payment %s is recorded already", paymentID)
	}
	if s.Status == "" || s.Status == StatusDraft {
		return nil, NotPlaced.Because("the order must be placed before it is paid")
	}
	if s.Status == StatusCancelled {
		return nil, Cancelled.Because("the order is cancelled")
	}
	if err := rule.ID("payment id", paymentID); err != nil {
		return nil, err
	}
	if err := s.canPay(amount); err != nil {
		return nil, err
	}
	if len(s.Payments) >= MaxPayments {
		return nil, TooManyPayments.Because("an order has at most %d payments", MaxPayments)
	}
	return []Event{PaymentReceived{PaymentID: paymentID, Amount: amount}}, nil
}

func (s State) canPay(amount money.Money) error {
	if err := rule.Positive("amount", amount); err != nil {
		return err
	}
	due, err := s.Total.Sub(s.Paid)
	if err != nil {
		return rule.Arithmetic(err)
	}
	more, err := amount.Cmp(due)
	if err != nil {
		return rule.Arithmetic(err)
	}
	if more > 0 {
		return Overpayment.Because("the payment of %s is more than the %s that is due", amount, due)
	}
	return nil
}

// Ship ships an order that is paid in full, all of it.
//
// Errors: [rule.Violation] with NotPlaced, NotPaid, AlreadyShipped, Cancelled, rule.TextMissing, rule.TextTooLong or
// rule.TextMalformed (of the tracking number).
func (s State) Ship(trackingNumber string) ([]Event, error) {
	switch s.Status {
	case StatusPaid:
		if err := rule.TrackingNumber.Check("tracking number", trackingNumber); err != nil {
			return nil, err
		}
		return []Event{OrderShipped{TrackingNumber: trackingNumber}}, nil
	case StatusPlaced:
		return nil, NotPaid.Because("the order must be paid in full before it is shipped: %s of %s is paid", s.Paid, s.Total)
	case StatusShipped, StatusDelivered:
		return nil, AlreadyShipped.Because("the order is %s", s.Status)
	case StatusCancelled:
		return nil, Cancelled.Because("the order is cancelled")
	default:
		return nil, NotPlaced.Because("the order must be placed and paid before it is shipped")
	}
}

// FlagShort records that no stock could be reserved for products of the order. There are no events if there are no such
// products, if the order is already flagged, or if it does not wait for its shipment.
func (s State) FlagShort(productIDs []string) []Event {
	waits := s.Status == StatusPlaced || s.Status == StatusPaid
	if !waits || len(productIDs) == 0 || len(s.ShortOf) > 0 {
		return nil
	}
	return []Event{OrderFlaggedShort{ProductIDs: slices.Compact(slices.Sorted(slices.Values(productIDs)))}}
}

// Deliver records that a shipped order has arrived.
//
// Errors: [rule.Violation] with NotShipped, AlreadyDelivered or Cancelled.
func (s State) Deliver() ([]Event, error) {
	switch s.Status {
	case StatusShipped:
		return []Event{OrderDelivered{}}, nil
	case StatusDelivered:
		return nil, AlreadyDelivered.Because("the order is delivered already")
	case StatusCancelled:
		return nil, Cancelled.Because("the order is cancelled")
	default:
		return nil, NotShipped.Because("the order must be shipped before it is delivered")
	}
}

// Cancel ends an order that was not shipped, paid or not. Refunds are not part of this aggregate.
//
// Errors: [rule.Violation] with AlreadyShipped or Cancelled.
func (s State) Cancel() ([]Event, error) {
	switch s.Status {
	case StatusDraft, StatusPlaced, StatusPaid:
		return []Event{OrderCancelled{}}, nil
	case StatusShipped, StatusDelivered:
		return nil, AlreadyShipped.Because("the order is %s: it can be cancelled only before it is shipped", s.Status)
	case StatusCancelled:
		return nil, Cancelled.Because("the order is cancelled already")
	}
	return nil, s.mustBeDraft() // never created
}

// Package order is the aggregate Order: it is drafted, placed, paid, shipped and delivered. It knows products and
// customers only by their ids. Start with [Aggregate] and [State].
package order

import (
	"github.com/annals-es/annals/shop/money"
)

// Status is the state of an order's life, "" before it is created.
type Status string

// The statuses.
const (
	StatusDraft     Status = "draft"
	StatusPlaced    Status = "placed"
	StatusPaid      Status = "paid" // in full
	StatusShipped   Status = "shipped"
	StatusDelivered Status = "delivered"
	StatusCancelled Status = "cancelled"
)

// State is an order after some of its events. The API shows it unchanged.
type State struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Status     Status `json:"status"`
	// Items are the lines, in the order in which they were added. Each has another product or price.
	Items           []Item   `json:"items"`
	ShippingAddress *Address `json:"shippingAddress,omitempty"`
	// Total is the sum of the lines; no money if there are none.
	Total money.Money `json:"total,omitzero"`
	// Paid is the sum of the payments, in the currency of Total.
	Paid           money.Money `json:"paid,omitzero"`
	Payments       []Payment   `json:"payments"`
	TrackingNumber string      `json:"trackingNumber,omitempty"`
	// ShortOf are the products with too little stock, sorted. If there are any, nothing is reserved for the order.
	ShortOf []string `json:"shortOf,omitempty"`
}

// Item is a number of units of a product at a price.
type Item struct {
	ProductID string `json:"productId"`
	// Quantity is in units, from 1.
	Quantity  int         `json:"quantity"`
	UnitPrice money.Money `json:"unitPrice"`
}

// sameLine reports whether two items belong on one line.
func (i Item) sameLine(j Item) bool {
	return i.ProductID == j.ProductID && i.UnitPrice.Equal(j.UnitPrice)
}

// Payment is a payment that was received.
type Payment struct {
	PaymentID string      `json:"paymentId"`
	Amount    money.Money `json:"amount"`
}

// Address is the destination of an order, in free text. Line2, Region and PostalCode may be empty.
type Address struct {
	Recipient  string `json:"recipient"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Country    string `json:"country"`
}

// line returns the index of the line that an item belongs on, -1 if it needs a new line.
func (s State) line(item Item) int {
	for i := range s.Items {
		if s.Items[i].sameLine(item) {
			return i
		}
	}
	return -1
}

// units is how many units the order has, of all products.
func (s State) units() int {
	units := 0
	for i := range s.Items {
		units += s.Items[i].Quantity
	}
	return units
}

func (s State) contains(productID string) bool {
	for i := range s.Items {
		if s.Items[i].ProductID == productID {
			return true
		}
	}
	return false
}

func (s State) hasPayment(paymentID string) bool {
	for i := range s.Payments {
		if s.Payments[i].PaymentID == paymentID {
			return true
		}
	}
	return false
}

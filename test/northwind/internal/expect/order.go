package expect

import (
	"time"

	"github.com/annals-es/annals/test/northwind/data"
)

// Order is what GET /orders/{id} must answer.
type Order struct {
	ID             string
	CustomerID     string
	Units          int // the sum of the lines' quantities: itemCount
	Total          Cents
	Ordered        time.Time // createdAt, placedAt and paidAt
	Shipped        time.Time // shippedAt; zero: none
	TrackingNumber string
}

// Status returns the order's status at the end of the import.
func (o Order) Status() string {
	if o.Shipped.IsZero() {
		return "paid"
	}
	return "shipped"
}

func newOrder(from data.Order) (Order, error) {
	o := Order{ID: from.ID, CustomerID: from.CustomerID, Ordered: from.Ordered, Shipped: from.Shipped}
	if from.HasShipped() {
		o.TrackingNumber = "NW-" + from.ID
	}
	for _, l := range from.Lines {
		unit, err := discounted(l.UnitPrice, l.Discount)
		if err != nil {
			return Order{}, err
		}
		o.Units += l.Quantity
		o.Total += unit * Cents(l.Quantity)
	}
	return o, nil
}

// Customer is what GET /customers/{id}/orders must answer: these orders, newest first.
type Customer struct {
	ID     string
	Orders []Order // ascending by id
}

// Product is what the product's catalog entry, inventory and sales must answer. Counts are units. Orders is the number
// of orders with the product.
type Product struct {
	ID        string
	Name      string
	UnitPrice Cents

	Received, Ordered, Shipped int

	Orders  int
	Revenue Cents
}

// OnHand returns the units in the warehouse.
func (p Product) OnHand() int { return p.Received - p.Shipped }

// Available returns the units that no order has. It may be negative.
func (p Product) Available() int { return p.Received - p.Ordered }

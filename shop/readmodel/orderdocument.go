package readmodel

import (
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// OrderDocument is the document of an order in [Orders]. With its places in both lists it is smaller than 1 KB, so that
// an event of an order costs one write unit, and one more for each of its lists: see TestUnitsOfAnOrder.
type OrderDocument struct {
	OrderRow
	// Lines are the lines of an order that was never placed. A placed order has its units and its total instead.
	Lines []orderLine `json:"l,omitempty"`
	// Received is what was paid of a placed order, until it is paid in full.
	Received amount `json:"r,omitzero"`
}

// Orders has a document for each order, and two lists. It shows the order's version, so it handles every event.
var Orders = projection.New("orders", 1, projection.From(order.Aggregate,
	projection.On(func(d *OrderDocument, e projection.Event[order.Event], _ *projection.Writes) error {
		d.Version = e.Version
		return nil
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderCreated], _ *projection.Writes) error {
		d.Customer, d.Created = e.Data.CustomerID, instantOf(e.OccurredAt)
		return nil
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.ItemAdded], _ *projection.Writes) error {
		d.Lines = withItem(d.Lines, e.Data)
		_, err := totalOf(d.Lines)
		return err
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.ItemRemoved], _ *projection.Writes) error {
		d.Lines = withoutProduct(d.Lines, e.Data.ProductID)
		return nil
	}),
	projection.On(orderPlaced),
	projection.On(paymentReceived),
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderShipped], _ *projection.Writes) error {
		d.Shipped, d.Tracking = present(e.OccurredAt), e.Data.TrackingNumber
		return nil
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderDelivered], _ *projection.Writes) error {
		d.Delivered = present(e.OccurredAt)
		return nil
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderCancelled], _ *projection.Writes) error {
		d.Cancelled, d.Received = present(e.OccurredAt), amount{}
		return nil
	}),
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderFlaggedShort], _ *projection.Writes) error {
		d.ShortOf = e.Data.ProductIDs
		return nil
	}),
), ActiveOrders, CustomerOrders, projection.Topics((*OrderDocument).topics))

func orderPlaced(d *OrderDocument, e projection.Event[order.OrderPlaced], _ *projection.Writes) error {
	d.OrderRow, d.Lines = d.row(), nil
	d.Placed, d.Total = present(e.OccurredAt), amount(e.Data.Total)
	if e.Data.Total.Sign() == 0 { // nothing is left to pay
		d.Paid = d.Placed
	}
	return nil
}

func paymentReceived(d *OrderDocument, e projection.Event[order.PaymentReceived], _ *projection.Writes) error {
	received, err := d.Received.money().Add(e.Data.Amount)
	if err != nil {
		return err
	}
	d.Received = amount(received)
	if received.Equal(d.Total.money()) {
		d.Paid, d.Received = present(e.OccurredAt), amount{}
	}
	return nil
}

// row is the order's row in lists.
func (d *OrderDocument) row() OrderRow {
	row := d.OrderRow
	for _, l := range d.Lines {
		row.Units += l.Units
	}
	if len(d.Lines) > 0 {
		row.Total = amount(money.Must(totalOf(d.Lines))) // an item that would overflow the total is refused
	}
	return row
}

// topics are the further subjects of an order's changes.
func (d *OrderDocument) topics() []string { return []string{"customer/" + d.Customer} }

// OrderOf is the answer for the document of the order with an id.
func OrderOf(id string, d *OrderDocument) OrderSummary { return d.row().summary(id) }

package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/order"
)

// CreateOrder is the body of POST /orders.
type CreateOrder struct {
	OrderID    annals.ID `json:"orderId,omitempty" annals:"id" doc:"The service makes an id if it is absent"`
	CustomerID annals.ID `json:"customerId" doc:"The customer: customers order for themselves, operators for anyone"`
	Items      []Item    `json:"items,omitempty"`
}

// Item is a number of units of a listed product. It is also the body of POST /orders/{id}/items.
type Item struct {
	ProductID annals.ID `json:"productId" doc:"A listed product"`
	Quantity  int       `json:"quantity" doc:"In units"`
	UnitPrice *Money    `json:"unitPrice,omitempty" doc:"Default: the product's current price. Operators may set another price, including zero"`
}

// DocumentedProperties implements [annals.Documented].
func (Item) DocumentedProperties() map[string]map[string]any { return quantityBounds() }

func (i Item) wanted() order.Wanted {
	w := order.Wanted{ProductID: string(i.ProductID), Quantity: i.Quantity}
	if i.UnitPrice != nil {
		price := i.UnitPrice.money()
		w.UnitPrice = &price
	}
	return w
}

// RemoveItem is the input of DELETE /orders/{id}/items/{productId}.
type RemoveItem struct {
	ProductID annals.ID `path:"productId" json:"-"`
}

// ShippingAddress is the body of PUT /orders/{id}/shipping-address: the destination of an order, in free text.
type ShippingAddress struct {
	Recipient  string `json:"recipient" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Line1      string `json:"line1" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Line2      string `json:"line2,omitempty" maxLength:"200"`
	City       string `json:"city" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Region     string `json:"region,omitempty" maxLength:"200"`
	PostalCode string `json:"postalCode,omitempty" maxLength:"40" doc:"Optional: not all countries have one"`
	Country    string `json:"country" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
}

// ReceivePayment is the body of POST /orders/{id}/payments.
type ReceivePayment struct {
	PaymentID annals.ID `json:"paymentId" doc:"Unique within the order"`
	Amount    Money     `json:"amount"`
}

// ShipOrder is the body of POST /orders/{id}/shipments.
type ShipOrder struct {
	TrackingNumber string `json:"trackingNumber" minLength:"1" maxLength:"100" pattern:"\\S" patternDescription:"more than spaces"`
}

// createOrder creates an order. Callers create orders for themselves, operators for anyone. So no caller can add orders
// to another customer's list.
func createOrder(tx *annals.Tx, _ order.State, b CreateOrder) ([]order.Event, error) {
	if caller := tx.Caller(); !caller.Operates() && !caller.Is(string(b.CustomerID)) {
		return nil, annals.Forbid("another-customer", "the customer must be the caller: the subject of the token")
	}
	if err := order.FitCreation(len(b.Items)); err != nil { // before looking up prices
		return nil, err
	}
	items, err := priced(tx, b.Items...)
	if err != nil {
		return nil, err
	}
	return order.Create(string(b.OrderID), string(b.CustomerID), items)
}

func addItem(tx *annals.Tx, s order.State, b Item) ([]order.Event, error) {
	items, err := priced(tx, b)
	if err != nil {
		return nil, err
	}
	return s.AddItem(items[0])
}

func removeItem(s order.State, b RemoveItem) ([]order.Event, error) {
	return s.RemoveItem(string(b.ProductID))
}

func setShippingAddress(s order.State, b ShippingAddress) ([]order.Event, error) {
	return s.SetShippingAddress(order.Address(b))
}

func receivePayment(s order.State, b ReceivePayment) ([]order.Event, error) {
	return s.ReceivePayment(string(b.PaymentID), b.Amount.money())
}

func ship(s order.State, b ShipOrder) ([]order.Event, error) { return s.Ship(b.TrackingNumber) }

// customerOf is the customer of an order.
func customerOf(e order.OrderCreated) string { return e.CustomerID }

package order

import (
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Aggregate ties an order's state to its events.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Order", Events: events, Evolve: evolve}

// evolve makes new slices and never changes old ones, because other copies of the state may share them. It panics on
// amounts that no decision permits: it does not compute a total from an impossible history.
func evolve(s *State, event Event) {
	switch e := event.(type) {
	case OrderCreated:
		// not nil: the API shows an empty list
		*s = State{OrderID: e.OrderID, CustomerID: e.CustomerID, Status: StatusDraft, Items: []Item{}, Payments: []Payment{}}
	case ItemAdded:
		s.add(Item(e))
	case ItemRemoved:
		s.remove(e.ProductID)
	case ShippingAddressSet:
		s.ShippingAddress = e.destination()
	case OrderPlaced:
		s.Status, s.Total = StatusPlaced, e.Total
		s.settle()
	case PaymentReceived:
		s.Payments = append(slices.Clip(s.Payments), Payment(e))
		s.Paid = money.Must(s.Paid.Add(e.Amount))
		s.settle()
	case OrderShipped:
		s.Status, s.TrackingNumber = StatusShipped, e.TrackingNumber
	case OrderDelivered:
		s.Status = StatusDelivered
	case OrderCancelled:
		s.Status = StatusCancelled
	case OrderFlaggedShort:
		s.ShortOf = slices.Clone(e.ProductIDs)
	}
}

// destination is the address, or nil if the customer was forgotten: such an order goes nowhere.
func (e ShippingAddressSet) destination() *Address {
	if e.Address == (Address{}) {
		return nil
	}
	return &e.Address
}

// settle marks an order as paid when nothing is left to pay. An order with a total of zero is paid as soon as it is
// placed.
func (s *State) settle() {
	if s.Paid.Equal(s.Total) {
		s.Status = StatusPaid
	}
}

func (s *State) add(item Item) {
	if i := s.line(item); i >= 0 {
		s.Items = slices.Clone(s.Items)
		s.Items[i].Quantity += item.Quantity
	} else {
		s.Items = append(slices.Clip(s.Items), item)
	}
	s.charge(item)
}

// remove computes the total of the remaining lines. Without lines there is no total and no currency: the next item sets
// one.
func (s *State) remove(productID string) {
	s.Items = slices.DeleteFunc(slices.Clone(s.Items), func(i Item) bool { return i.ProductID == productID })
	s.Total, s.Paid = money.Money{}, money.Money{}
	for _, item := range s.Items {
		s.charge(item)
	}
}

func (s *State) charge(item Item) {
	s.Total = money.Must(s.Total.Add(money.Must(item.UnitPrice.Mul(item.Quantity))))
	s.Paid = s.Total.Zero() // a draft has no payments
}

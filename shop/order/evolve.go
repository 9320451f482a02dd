package order

import (
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Aggregate ties an order's state to its events.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Order", Events: events, Evolve: evolve}

// evolve makes new slices rather than change old ones, which other copies of the state may hold. It panics on amounts that no
// decision lets pass: a total must not be made up from a history that can't be.
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
		s.ShippingAddress = &e.Address
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

// settle makes an order paid when nothing is left to pay: for a total of zero, as soon as it is placed.
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

// remove sums what is left. Without lines there is no total, and so no currency: the next item brings one.
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

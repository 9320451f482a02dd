package order_test

import (
	"flag"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

var update = flag.Bool("update", false, "write the golden files")

var orders = estest.For(order.Aggregate)

type (
	events   = []order.Event
	decision = func(order.State) ([]order.Event, error)
	testCase = estest.Case[order.State, order.Event]
)

// refused is the error of a command that a rule refuses.
func refused(code rule.Code) error { return &rule.Violation{Code: code} }

func refusals(codes ...rule.Code) []error {
	errs := make([]error, len(codes))
	for i, code := range codes {
		errs[i] = refused(code)
	}
	return errs
}

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func eur(amount string) money.Money { return money.Must(money.New(amount, "EUR")) }

func item(productID string, quantity int, price money.Money) order.Item {
	return order.Item{ProductID: productID, Quantity: quantity, UnitPrice: price}
}

func added(productID string, quantity int, price money.Money) order.ItemAdded {
	return order.ItemAdded(item(productID, quantity, price))
}

func received(paymentID, amount string) order.PaymentReceived {
	return order.PaymentReceived{PaymentID: paymentID, Amount: usd(amount)}
}

var (
	created   = order.OrderCreated{OrderID: "o-1", CustomerID: "c-1"}
	address   = order.Address{Recipient: "Ada Lovelace", Line1: "12 St James's Square", City: "London", Country: "UK"}
	addressed = order.ShippingAddressSet{Address: address}
	flagged   = order.OrderFlaggedShort{ProductIDs: []string{"cup", "tea"}}
	shipped   = order.OrderShipped{TrackingNumber: "T-1"}
)

// then returns events followed by more.
func then(before events, more ...order.Event) events { return slices.Concat(before, more) }

// An order of 3 teas at 5.00 USD, at each point of its life.
var (
	draft       = events{created, added("tea", 3, usd("5"))}
	placed      = then(draft, addressed, order.OrderPlaced{Total: usd("15")})
	partlyPaid  = then(placed, received("p-1", "10"))
	paid        = then(partlyPaid, received("p-2", "5"))
	onItsWay    = then(paid, shipped)
	arrived     = then(onItsWay, order.OrderDelivered{})
	cancelled   = then(placed, order.OrderCancelled{})
	neverPlaced = then(draft, order.OrderCancelled{})
)

func TestGolden(t *testing.T) {
	t.Parallel()
	full := order.Address{
		Recipient: "Ada Lovelace", Line1: "12 St James's Square", Line2: "2nd floor", City: "London",
		Region:     "Greater London",
		PostalCode: "SW1Y 4LB", Country: "United Kingdom",
	}
	orders.Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		created,
		added("tea", 3, usd("5")),
		order.ItemRemoved{ProductID: "tea"},
		order.ShippingAddressSet{Address: full},
		order.OrderPlaced{Total: usd("15")},
		received("p-1", "10"),
		shipped,
		order.OrderDelivered{},
		order.OrderCancelled{},
		flagged,
	)
}

package product_test

import (
	"flag"
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

var update = flag.Bool("update", false, "write the golden files")

var products = estest.For(product.Aggregate)

type (
	events   = []product.Event
	decision = func(product.State) ([]product.Event, error)
	testCase = estest.Case[product.State, product.Event]
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

// listed is tea at a price.
func listed(price money.Money) product.ProductListed {
	return product.ProductListed{ProductID: "p-1", Name: "Tea", UnitPrice: price}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	products.Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		product.ProductListed{ProductID: "p-1", Name: "Chef Anton's Cajun Seasoning", UnitPrice: usd("22")},
		product.StockReceived{Quantity: 53},
		product.PriceChanged{UnitPrice: usd("19.99")},
		product.StockReserved{OrderID: "o-1", Quantity: 3},
		product.ReservationReleased{OrderID: "o-1"},
		product.ReservationFulfilled{OrderID: "o-1"},
	)
}

package product_test

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/internal/product"
)

// life is every event of a product.
var life = events{
	listed(usd("5")), product.StockReceived{Quantity: 10}, product.PriceChanged{UnitPrice: usd("4.50")}, product.StockReceived{Quantity: 7},
}

func TestState(t *testing.T) {
	t.Parallel()
	want := []product.State{
		{},
		{ProductID: "p-1", Name: "Tea", UnitPrice: usd("5")},
		{ProductID: "p-1", Name: "Tea", UnitPrice: usd("5"), Received: 10},
		{ProductID: "p-1", Name: "Tea", UnitPrice: usd("4.50"), Received: 10},
		{ProductID: "p-1", Name: "Tea", UnitPrice: usd("4.50"), Received: 17},
	}
	for n := range want {
		if got := products.Given(life[:n]...).State(); got != want[n] {
			t.Errorf("after %d events: got %+v, want %+v", n, got, want[n])
		}
	}
	products.Given(life...).SurvivesSnapshots(t)
}

func TestStateAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(products.Given(life[:2]...).State())
	want := `{"productId":"p-1","name":"Tea","unitPrice":{"amount":"5.00","currency":"USD"},"received":10}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

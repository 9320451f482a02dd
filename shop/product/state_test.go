package product_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/shop/product"
)

// life is every event of a product.
var life = events{
	listed(usd("5")), product.StockReceived{Quantity: 10}, product.PriceChanged{UnitPrice: usd("4.50")},
	product.StockReceived{Quantity: 7},
	reserved("o-1", 4), reserved("o-2", 2), product.ReservationReleased{OrderID: "o-1"},
	product.ReservationFulfilled{OrderID: "o-2"},
}

func TestState(t *testing.T) {
	t.Parallel()
	tea := func(price string, received, consumed int, reserved map[string]int) product.State {
		return product.State{
			ProductID: "p-1", Name: "Tea", UnitPrice: usd(price), Received: received, Reserved: reserved, Consumed: consumed,
		}
	}
	want := []product.State{
		{},
		tea("5", 0, 0, nil),
		tea("5", 10, 0, nil),
		tea("4.50", 10, 0, nil),
		tea("4.50", 17, 0, nil),
		tea("4.50", 17, 0, map[string]int{"o-1": 4}),
		tea("4.50", 17, 0, map[string]int{"o-1": 4, "o-2": 2}),
		tea("4.50", 17, 0, map[string]int{"o-2": 2}),
		tea("4.50", 17, 2, nil),
	}
	for n := range want {
		if d := cmp.Diff(want[n], products.Given(life[:n]...).State()); d != "" {
			t.Errorf("after %d events (-want +got):\n%s", n, d)
		}
	}
	products.Given(life...).SurvivesSnapshots(t)
}

func TestStateAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		given events
		want  string
	}{
		{life[:2], `{"productId":"p-1","name":"Tea","unitPrice":{"amount":"5.00","currency":"USD"},"received":10}`},
		{append(life[:8:8], reserved("o-3", 1)),
			`{"productId":"p-1","name":"Tea","unitPrice":{"amount":"4.50","currency":"USD"},` +
				`"received":17,"reserved":{"o-3":1},"consumed":2}`},
	} {
		got, err := json.Marshal(products.Given(tt.given...).State())
		if err != nil || string(got) != tt.want {
			t.Errorf("state: %s, %v\nwant %s", got, err, tt.want)
		}
	}
}

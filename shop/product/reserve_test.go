package product_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

func reserve(orderID string, quantity int) decision {
	return func(s product.State) ([]product.Event, error) { return s.Reserve(orderID, quantity) }
}

func release(orderID string) decision {
	return func(s product.State) ([]product.Event, error) { return s.Release(orderID), nil }
}

func fulfill(orderID string) decision {
	return func(s product.State) ([]product.Event, error) { return s.Fulfill(orderID), nil }
}

func reserved(orderID string, quantity int) product.StockReserved {
	return product.StockReserved{OrderID: orderID, Quantity: quantity}
}

func TestReservations(t *testing.T) {
	t.Parallel()
	ten := events{listed(usd("5")), product.StockReceived{Quantity: 10}}
	released, fulfilled := product.ReservationReleased{OrderID: "o-1"}, product.ReservationFulfilled{OrderID: "o-1"}
	given := func(more ...product.Event) events { return append(ten[:2:2], more...) }
	many := given(product.StockReceived{Quantity: rule.MaxQuantity})

	products.Run(t, []testCase{
		{Name: "reserve a unit", Given: ten, When: reserve("o-1", 1), Then: events{reserved("o-1", 1)}},
		{Name: "reserve all units", Given: ten, When: reserve("o-1", 10), Then: events{reserved("o-1", 10)}},
		{Name: "reserve a unit more", Given: ten, When: reserve("o-1", 11), ThenError: refused(product.InsufficientStock)},
		{
			Name:  "reserve more than one command may say",
			Given: many,
			When:  reserve("o-1", rule.MaxQuantity+1),
			Then:  events{reserved("o-1", rule.MaxQuantity+1)},
		},
		{
			Name:  "reserve the rest",
			Given: given(reserved("o-1", 4)),
			When:  reserve("o-2", 6),
			Then:  events{reserved("o-2", 6)},
		},
		{
			Name:      "reserve more than the rest",
			Given:     given(reserved("o-1", 4)),
			When:      reserve("o-2", 7),
			ThenError: refused(product.InsufficientStock),
		},
		{Name: "reserve twice", Given: given(reserved("o-1", 4)), When: reserve("o-1", 4)},
		{Name: "reserve twice when all is gone", Given: given(reserved("o-1", 10)), When: reserve("o-1", 10)},
		{
			Name:  "reserve what was released",
			Given: given(reserved("o-1", 10), released),
			When:  reserve("o-2", 10),
			Then:  events{reserved("o-2", 10)},
		},
		{
			Name:      "reserve what has left",
			Given:     given(reserved("o-1", 4), fulfilled),
			When:      reserve("o-2", 7),
			ThenError: refused(product.InsufficientStock),
		},
		{
			Name:  "reserve what has not",
			Given: given(reserved("o-1", 4), fulfilled),
			When:  reserve("o-2", 6),
			Then:  events{reserved("o-2", 6)},
		},
		{Name: "reserve nothing", Given: ten, When: reserve("o-1", 0), ThenError: refused(rule.QuantityNotPositive)},
		{Name: "reserve before it is listed", When: reserve("o-1", 1), ThenError: refused(product.NotListed)},

		{Name: "release", Given: given(reserved("o-1", 4)), When: release("o-1"), Then: events{released}},
		{Name: "release another's", Given: given(reserved("o-1", 4)), When: release("o-2")},
		{Name: "release twice", Given: given(reserved("o-1", 4), released), When: release("o-1")},
		{Name: "release what has left", Given: given(reserved("o-1", 4), fulfilled), When: release("o-1")},
		{Name: "release before it is listed", When: release("o-1")},

		{Name: "fulfill", Given: given(reserved("o-1", 4)), When: fulfill("o-1"), Then: events{fulfilled}},
		{Name: "fulfill another's", Given: given(reserved("o-1", 4)), When: fulfill("o-2")},
		{Name: "fulfill twice", Given: given(reserved("o-1", 4), fulfilled), When: fulfill("o-1")},
		{Name: "fulfill what was released", Given: given(reserved("o-1", 4), released), When: fulfill("o-1")},
		{Name: "fulfill before it is listed", When: fulfill("o-1")},
	}, refusals(product.InsufficientStock, product.NotListed, rule.QuantityNotPositive)...)
}

func TestFree(t *testing.T) {
	t.Parallel()
	for n, want := range []int{0, 0, 10, 10, 17, 13, 11, 15, 15} {
		if got := products.Given(life[:n]...).State().Free(); got != want {
			t.Errorf("after %d events %d units are free, want %d", n, got, want)
		}
	}
}

// TestCopiesOfAStateStandAlone: a process with a cache hands out copies of one state. A change of one copy must not
// show in another.
func TestCopiesOfAStateStandAlone(t *testing.T) {
	t.Parallel()
	for n := range life {
		base := products.Given(life[:n]...).State()
		for _, event := range []product.Event{
			reserved("o-9", 1), reserved("o-1", 9), product.ReservationReleased{OrderID: "o-1"},
			product.ReservationFulfilled{OrderID: "o-1"},
		} {
			first, second := base, base
			product.Aggregate.Evolve(&first, event)
			firstAlone, _ := json.Marshal(first)
			product.Aggregate.Evolve(&second, reserved("o-8", 1))
			product.Aggregate.Evolve(&second, product.ReservationReleased{OrderID: "o-9"})
			if d := cmp.Diff(products.Given(life[:n]...).State(), base); d != "" {
				t.Errorf("%T after %d events changed the state that it was copied from:\n%s", event, n, d)
			}
			if now, _ := json.Marshal(first); string(now) != string(firstAlone) {
				t.Errorf("%T after %d events: what happened to another copy shows\n-%s\n+%s", event, n, firstAlone, now)
			}
		}
	}
}

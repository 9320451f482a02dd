package order_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// TestQuote: the price is the shop's. Callers who may set prices can do so only for listed products.
func TestQuote(t *testing.T) {
	t.Parallel()
	quote := order.Quote{"tea": usd("5"), "cup": eur("2")}
	asked := func(amount string) *money.Money { m := usd(amount); return &m }
	tests := map[string]struct {
		wanted []order.Wanted
		sets   bool
		items  []order.Item
		err    error
		price  *order.PriceError
	}{
		"nothing":   {items: []order.Item{}},
		"no price":  {wanted: []order.Wanted{{"tea", 2, nil}}, items: []order.Item{item("tea", 2, usd("5"))}},
		"the price": {wanted: []order.Wanted{{"tea", 2, asked("5.00")}}, items: []order.Item{item("tea", 2, usd("5"))}},
		"a lower price": {
			wanted: []order.Wanted{{"tea", 2, asked("0")}},
			err:    refused(order.PriceChanged),
			price:  &order.PriceError{"tea", true, usd("5")},
		},
		"a higher price": {
			wanted: []order.Wanted{{"tea", 2, asked("5.01")}},
			err:    refused(order.PriceChanged),
			price:  &order.PriceError{"tea", true, usd("5")},
		},
		"in another currency": {
			wanted: []order.Wanted{{"tea", 2, nil}, {"cup", 1, asked("2")}}, err: refused(order.PriceChanged),
			price: &order.PriceError{"cup", true, eur("2")},
		},
		"a price that is set": {
			wanted: []order.Wanted{{"tea", 2, asked("0")}}, sets: true, items: []order.Item{item("tea", 2, usd("0"))},
		},
		"a price left out": {
			wanted: []order.Wanted{{"tea", 2, nil}}, sets: true, items: []order.Item{item("tea", 2, usd("5"))},
		},
		"unknown": {
			wanted: []order.Wanted{{"tea", 2, nil}, {"pot", 1, asked("5")}}, err: refused(order.UnknownProduct),
			price: &order.PriceError{ProductID: "pot"},
		},
		"unknown, with a price that is set": {
			wanted: []order.Wanted{{"pot", 1, asked("5")}}, sets: true, err: refused(order.UnknownProduct),
			price: &order.PriceError{ProductID: "pot"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := quote.Items(tt.wanted, tt.sets)
			var price *order.PriceError
			errors.As(err, &price)
			if !errors.Is(err, tt.err) {
				t.Errorf("price of the item: %v, want %v", err, tt.err)
			}
			byValue := cmp.Comparer(money.Money.Equal)
			if d := cmp.Diff(tt.items, got, byValue) + cmp.Diff(tt.price, price, byValue); d != "" {
				t.Error(d)
			}
		})
	}
}

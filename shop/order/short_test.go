package order_test

import (
	"testing"

	"github.com/annals-es/annals/shop/order"
)

func flagShort(productIDs ...string) decision {
	return func(s order.State) ([]order.Event, error) { return s.FlagShort(productIDs), nil }
}

func TestFlagShort(t *testing.T) {
	t.Parallel()
	tea := events{order.OrderFlaggedShort{ProductIDs: []string{"tea"}}}
	orders.Run(t, []testCase{
		{Name: "when placed", Given: placed, When: flagShort("tea"), Then: tea},
		{Name: "when paid", Given: paid, When: flagShort("tea"), Then: tea},
		{Name: "sorted, and each product once", Given: paid, When: flagShort("tea", "cup", "tea"), Then: events{flagged}},
		{Name: "without products", Given: paid, When: flagShort()},
		{Name: "twice", Given: then(paid, flagged), When: flagShort("tea")},
		{Name: "a draft", Given: draft, When: flagShort("tea")},
		{Name: "when shipped", Given: onItsWay, When: flagShort("tea")},
		{Name: "when delivered", Given: arrived, When: flagShort("tea")},
		{Name: "when cancelled", Given: cancelled, When: flagShort("tea")},
		{Name: "before it is created", When: flagShort("tea")},
	})
}

func TestAFlagHindersNothing(t *testing.T) {
	t.Parallel()
	orders.Run(t, []testCase{
		{Name: "pay", Given: then(placed, flagged), When: pay("p-1", usd("15")), Then: events{received("p-1", "15")}},
		{Name: "ship", Given: then(paid, flagged), When: ship, Then: events{shipped}},
		{
			Name:  "deliver",
			Given: then(paid, flagged, shipped),
			When:  order.State.Deliver,
			Then:  events{order.OrderDelivered{}},
		},
		{Name: "cancel", Given: then(paid, flagged), When: order.State.Cancel, Then: events{order.OrderCancelled{}}},
	})
}

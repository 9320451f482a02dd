package readmodel

import (
	"context"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// The counters of a product's row.
const (
	received = "received" // in units, like ordered, shipped and sold
	ordered  = "ordered"  // placed and not cancelled
	shipped  = "shipped"
	sold     = "units"  // placed, including those cancelled later
	inOrders = "orders" // in how many orders the product was placed
	// revenue is a counter for each currency, "revenue.USD", of what was placed. listed also has a currency, that of
	// the listing: it creates the row of a product of which nothing else was counted.
	revenue  = "revenue"
	listedIn = "listed"
)

// CountedOrder is what [ProductCounts] stores of an order, nothing once it is shipped or cancelled.
type CountedOrder struct {
	// Lines are the lines of an order that is not placed yet.
	Lines []orderLine `json:"l,omitempty"`
	// Placed are the units of each product of a placed order.
	Placed map[string]int `json:"p,omitempty"`
}

// ProductCounts has a row of counters for each product, of its stock and its sales. Events of an order that change
// neither do not concern it, so it stores nothing for them.
var ProductCounts = projection.New("product-counts", 1,
	projection.From(product.Aggregate,
		projection.On(func(_ *CountedOrder, e projection.Event[product.ProductListed], w *projection.Writes) error {
			w.Add(countsKey(e.Stream.ID), listedIn+"."+e.Data.UnitPrice.Currency(), projection.Int(1))
			return nil
		}),
		projection.On(func(_ *CountedOrder, e projection.Event[product.StockReceived], w *projection.Writes) error {
			w.Add(countsKey(e.Stream.ID), received, projection.Int(int64(e.Data.Quantity)))
			return nil
		}),
	),
	projection.From(order.Aggregate,
		projection.On(func(o *CountedOrder, e projection.Event[order.ItemAdded], _ *projection.Writes) error {
			o.Lines = withItem(o.Lines, e.Data)
			return nil
		}),
		projection.On(func(o *CountedOrder, e projection.Event[order.ItemRemoved], _ *projection.Writes) error {
			o.Lines = withoutProduct(o.Lines, e.Data.ProductID)
			return nil
		}),
		projection.On(func(o *CountedOrder, _ projection.Event[order.OrderPlaced], w *projection.Writes) error {
			return o.place(w)
		}),
		projection.On(func(o *CountedOrder, _ projection.Event[order.OrderShipped], w *projection.Writes) error {
			o.end(w, shipped, 1)
			return nil
		}),
		projection.On(func(o *CountedOrder, _ projection.Event[order.OrderCancelled], w *projection.Writes) error {
			o.end(w, ordered, -1)
			return nil
		}),
	),
)

// counted is a list of all products. It is sharded, because many streams write to it.
const counted = "products"

func countsKey(productID string) projection.Key {
	return projection.Key{Partition: shard(counted, productID), Sort: productID}
}

// place counts an order that is placed, and its revenue.
func (o *CountedOrder) place(w *projection.Writes) error {
	o.Placed = map[string]int{}
	for _, l := range o.Lines {
		price, err := l.price()
		if err != nil {
			return err
		}
		sum, err := projection.Decimal(price.Amount())
		if err != nil {
			return err
		}
		key := countsKey(l.Product)
		w.Add(key, ordered, projection.Int(int64(l.Units)))
		w.Add(key, sold, projection.Int(int64(l.Units)))
		w.Add(key, revenue+"."+price.Currency(), sum)
		if _, another := o.Placed[l.Product]; !another {
			w.Add(key, inOrders, projection.Int(1))
		}
		o.Placed[l.Product] += l.Units
	}
	o.Lines = nil
	return nil
}

// end counts the units of a placed order that is shipped or cancelled. After that nothing is counted of it.
func (o *CountedOrder) end(w *projection.Writes, counter string, sign int64) {
	for _, id := range slices.Sorted(maps.Keys(o.Placed)) {
		w.Add(countsKey(id), counter, projection.Int(sign*int64(o.Placed[id])))
	}
	*o = CountedOrder{}
}

// counts reads the counters of a product, by name.
//
// Errors: [es.NotFoundError] if the product is not listed and nothing was counted of it.
func counts(
	ctx context.Context, s *projection.Session, key projection.Key, productID string,
) (map[string]projection.Number, error) {
	counters, err := s.Counters(ctx, key)
	if err == nil && counters == nil {
		err = &es.NotFoundError{Stream: product.Aggregate.Stream(productID)}
	}
	return counters, err
}

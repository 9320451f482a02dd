package readmodel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Product is a product as it is for sale.
type Product struct {
	ProductID string      `json:"productId"`
	Name      string      `json:"name"`
	UnitPrice money.Money `json:"unitPrice"`
	ListedAt  time.Time   `json:"listedAt"`
	// Version is the version of the product that the row shows.
	Version int64 `json:"version"`
}

var productStreams = map[string]es.Decoder{product.Aggregate.StreamType: product.Aggregate.Events}

// productsAndOrders are the sources of the read models that count what is ordered of a product.
var productsAndOrders = map[string]es.Decoder{
	product.Aggregate.StreamType: product.Aggregate.Events,
	order.Aggregate.StreamType:   order.Aggregate.Events,
}

var productCatalog = projection.New(projection.Definition[Product]{
	Name:    tables.ProductCatalog,
	Sources: productStreams,
	Evolve: func(row *Product, e projection.Event, _ *projection.Writes) error {
		row.Version = e.Version
		switch data := e.Data.(type) {
		case product.ProductListed:
			row.ProductID, row.Name, row.UnitPrice, row.ListedAt = e.Stream.ID, data.Name, data.UnitPrice, e.OccurredAt
		case product.PriceChanged:
			row.UnitPrice = data.UnitPrice
		}
		return nil
	},
})

// Product returns a product.
//
// Errors: [es.NotFoundError].
func (m *Models) Product(ctx context.Context, id string) (Product, error) {
	return document[Product](ctx, m, tables.ProductCatalog, product.Aggregate.Stream(id))
}

// Quote returns what products cost, by the catalog: strongly consistent, in one batched read. It leaves out products
// that the catalog does not show or this code can't read: their price is in their events.
func (m *Models) Quote(ctx context.Context, productIDs ...string) (order.Quote, error) {
	r, err := m.reader(ctx, tables.ProductCatalog, "")
	if errors.As(err, new(*projection.UnknownFoldError)) {
		return order.Quote{}, nil
	}
	if err != nil {
		return nil, err
	}
	streams := map[es.StreamID]bool{}
	for _, id := range productIDs {
		streams[product.Aggregate.Stream(id)] = true
	}
	found, err := r.Checkpoints(ctx, slices.Collect(maps.Keys(streams))...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tables.ProductCatalog, err)
	}
	quote := order.Quote{}
	for stream, cp := range found {
		var row Product
		if cp.State != nil && r.decode(cp.State, &row) == nil {
			quote[stream.ID] = row.UnitPrice
		}
	}
	return quote, nil
}

// ProductAt returns a product as it was at a point, from the event store.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError].
func ProductAt(ctx context.Context, store es.Reader, id string, at es.Point) (Product, error) {
	var row Product
	err := projection.Replay(ctx, productCatalog, store, product.Aggregate.Stream(id), at, &row)
	return row, err
}

// Inventory is a product's stock, in units.
type Inventory struct {
	ProductID string `json:"productId"`
	Received  Count  `json:"received"`
	Ordered   Count  `json:"ordered"` // placed and not cancelled
	Shipped   Count  `json:"shipped"`
	OnHand    Count  `json:"onHand"`    // received − shipped
	Available Count  `json:"available"` // received − ordered
}

func inventoryKey(productID string) projection.Key {
	return projection.Key{Partition: productID, Sort: "units"}
}

// listed is the counter that makes a row of a listed product before anything else is counted of it.
const listed = "listed"

var productInventory = projection.New(projection.Definition[order.State]{
	Name:    tables.ProductInventory,
	Sources: productsAndOrders,
	Evolve: func(o *order.State, e projection.Event, w *projection.Writes) error {
		placed := o.Status == order.StatusPlaced || o.Status == order.StatusPaid
		evolveLines(o, e)
		count := func(counter string, sign int64) {
			for _, item := range o.Items {
				w.Add(inventoryKey(item.ProductID), counter, projection.Int(sign*int64(item.Quantity)))
			}
		}
		switch data := e.Data.(type) {
		case product.ProductListed:
			w.Add(inventoryKey(e.Stream.ID), listed, projection.Int(1))
		case product.StockReceived:
			w.Add(inventoryKey(e.Stream.ID), "received", projection.Int(int64(data.Quantity)))
		case order.OrderPlaced:
			count("ordered", 1)
		case order.OrderShipped:
			count("shipped", 1)
		case order.OrderCancelled:
			if placed {
				count("ordered", -1)
			}
		}
		return nil
	},
})

// Inventory returns a product's stock. A product that was ordered counts even if it was never listed.
//
// Errors: [es.NotFoundError].
func (m *Models) Inventory(ctx context.Context, productID string) (Inventory, error) {
	out := Inventory{ProductID: productID}
	counters, err := m.counters(ctx, tables.ProductInventory, inventoryKey(productID), productID)
	if err != nil {
		return out, err
	}
	for name, to := range map[string]*Count{"received": &out.Received, "ordered": &out.Ordered, "shipped": &out.Shipped} {
		if *to, err = newCount(counters[name]); err != nil {
			return out, fmt.Errorf("%s of %s: %w", tables.ProductInventory, productID, err)
		}
	}
	out.OnHand, out.Available = out.Received.less(out.Shipped), out.Received.less(out.Ordered)
	return out, nil
}

// counters reads what a read model counts of a product, by name.
//
// Errors: [es.NotFoundError] if the product is not listed and nothing was counted of it.
func (m *Models) counters(ctx context.Context, name string, key projection.Key, productID string) (map[string]string, error) {
	r, err := m.reader(ctx, name, "")
	if err != nil {
		return nil, err
	}
	values, err := r.Counters(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", name, productID, err)
	}
	if values == nil {
		return nil, &es.NotFoundError{Stream: product.Aggregate.Stream(productID)}
	}
	return values, nil
}

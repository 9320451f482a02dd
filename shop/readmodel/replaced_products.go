package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

func inventoryKey(productID string) projection.Key {
	return projection.Key{Partition: productID, Sort: "units"}
}

var (
	productInventory = projection.New(tables.ProductInventory, 1,
		projection.From(product.Aggregate, projection.On(stockOfProduct)),
		projection.From(order.Aggregate, projection.On(stockOfOrder)),
	)
	productSales = projection.New(tables.ProductSales, 1,
		projection.From(product.Aggregate, projection.On(salesOfProduct)),
		projection.From(order.Aggregate, projection.On(salesOfOrder)),
	)
)

func stockOfProduct(_ *order.State, e projection.Event[product.Event], w *projection.Writes) error {
	switch data := e.Data.(type) {
	case product.ProductListed:
		w.Add(inventoryKey(e.Stream.ID), listedIn, projection.Int(1))
	case product.StockReceived:
		w.Add(inventoryKey(e.Stream.ID), received, projection.Int(int64(data.Quantity)))
	}
	return nil
}

func stockOfOrder(o *order.State, e projection.Event[order.Event], w *projection.Writes) error {
	placed := o.Status == order.StatusPlaced || o.Status == order.StatusPaid
	evolveLines(o, e.Data)
	count := func(counter string, sign int64) {
		for _, item := range o.Items {
			w.Add(inventoryKey(item.ProductID), counter, projection.Int(sign*int64(item.Quantity)))
		}
	}
	switch e.Data.(type) {
	case order.OrderPlaced:
		count(ordered, 1)
	case order.OrderShipped:
		count(shipped, 1)
	case order.OrderCancelled:
		if placed {
			count(ordered, -1)
		}
	}
	return nil
}

const sales = "sales"

func salesKey(productID string) projection.Key {
	return projection.Key{Partition: shard(sales, productID), Sort: productID}
}

func salesOfProduct(_ *order.State, e projection.Event[product.Event], w *projection.Writes) error {
	if data, ok := e.Data.(product.ProductListed); ok {
		w.Add(salesKey(e.Stream.ID), listedIn+"."+data.UnitPrice.Currency(), projection.Int(1))
	}
	return nil
}

func salesOfOrder(o *order.State, e projection.Event[order.Event], w *projection.Writes) error {
	evolveLines(o, e.Data)
	if _, placed := e.Data.(order.OrderPlaced); !placed {
		return nil
	}
	counted := map[string]bool{}
	for _, item := range o.Items {
		key := salesKey(item.ProductID)
		price, err := item.UnitPrice.Mul(item.Quantity)
		if err != nil {
			return err
		}
		amount, err := projection.Decimal(price.Amount())
		if err != nil {
			return err
		}
		w.Add(key, sold, projection.Int(int64(item.Quantity)))
		w.Add(key, revenue+"."+price.Currency(), amount)
		if !counted[item.ProductID] {
			counted[item.ProductID] = true
			w.Add(key, inOrders, projection.Int(1))
		}
	}
	o.Items = nil // sales are counted once
	return nil
}

func (b *before) inventory(ctx context.Context, productID string) (Inventory, error) {
	counters, err := counts(ctx, b.sessions[tables.ProductInventory], inventoryKey(productID), productID)
	return inventoryOf(productID, counters), err
}

func (b *before) sales(ctx context.Context, productID string) (ProductSales, error) {
	counters, err := counts(ctx, b.sessions[tables.ProductSales], salesKey(productID), productID)
	return salesOf(productID, counters), err
}

func (b *before) topSales(ctx context.Context, top int) (Page[ProductSales], error) {
	all, err := b.sessions[tables.ProductSales].AllCounters(ctx, allShards(sales)...)
	return topOf(all, top), err
}

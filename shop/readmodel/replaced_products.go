package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

func inventoryKey(productID string) projection.Key {
	return projection.Key{Partition: productID, Sort: "units"}
}

var (
	// FormerInventory counts the stock of each product. [ProductCounts] replaces it.
	FormerInventory = projection.New("product-inventory", 1,
		projection.From(product.Aggregate, projection.On(stockOfProduct)),
		projection.From(order.Aggregate, projection.On(stockOfOrder)),
	)
	// FormerSales counts the sales of each product. [ProductCounts] replaces it.
	FormerSales = projection.New("product-sales", 1,
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

// FormerInventoryOf is [InventoryOf] from [FormerInventory].
func FormerInventoryOf(ctx context.Context, s *projection.Session, q annals.ByID) (Inventory, error) {
	id := string(q.ID)
	counters, err := counts(ctx, s, inventoryKey(id), id)
	return inventoryOf(id, counters), err
}

// FormerSalesOf is [SalesOf] from [FormerSales].
func FormerSalesOf(ctx context.Context, s *projection.Session, q annals.ByID) (ProductSales, error) {
	id := string(q.ID)
	counters, err := counts(ctx, s, salesKey(id), id)
	return salesOf(id, counters), err
}

// FormerTopSales is [TopSales] from [FormerSales].
func FormerTopSales(ctx context.Context, s *projection.Session, q Top) (annals.Page[ProductSales], error) {
	all, err := s.AllCounters(ctx, allShards(sales)...)
	return topOf(all, q.Top), err
}

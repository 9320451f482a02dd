package readmodel

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// ProductSales is what was sold of a product, counted when orders are placed. A cancelled order stays counted.
type ProductSales struct {
	ProductID string `json:"productId"`
	// Orders is in how many orders the product was.
	Orders Count `json:"orders"`
	Units  Count `json:"units"`
	// Revenue is in the currency that the product is listed in.
	Revenue Total `json:"revenue"`
	// OtherRevenue is what was sold in other currencies.
	OtherRevenue []Total `json:"otherRevenue,omitempty"`
}

const (
	sales = "sales"
	// revenue is a counter for each currency: "revenue.USD". So is listed, for the currency of the listing.
	revenue = "revenue"
)

func salesKey(productID string) projection.Key {
	return projection.Key{Partition: shard(sales, productID), Sort: productID}
}

var productSales = projection.New(projection.Definition[order.State]{
	Name:    tables.ProductSales,
	Sources: productsAndOrders,
	Evolve: func(o *order.State, e projection.Event, w *projection.Writes) error {
		evolveLines(o, e)
		if data, ok := e.Data.(product.ProductListed); ok {
			w.Add(salesKey(e.Stream.ID), listed+"."+data.UnitPrice.Currency(), projection.Int(1))
		}
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
			w.Add(key, "units", projection.Int(int64(item.Quantity)))
			w.Add(key, revenue+"."+price.Currency(), amount)
			if !counted[item.ProductID] {
				counted[item.ProductID] = true
				w.Add(key, "orders", projection.Int(1))
			}
		}
		o.Items = nil // sales are counted once
		return nil
	},
})

// Sales returns a product's sales, zeros for a listed product that was never sold.
//
// Errors: [es.NotFoundError].
func (m *Models) Sales(ctx context.Context, productID string) (ProductSales, error) {
	counters, err := m.counters(ctx, tables.ProductSales, salesKey(productID), productID)
	if err != nil {
		return ProductSales{}, err
	}
	return salesRow(productID, counters)
}

// TopSales returns the products with the most revenue, the most first. Amounts of different currencies are compared as
// numbers. There are fewer than asked for where more would be too large an answer.
func (m *Models) TopSales(ctx context.Context, top int) (Page[ProductSales], error) {
	r, err := m.reader(ctx, tables.ProductSales, "")
	if err != nil {
		return Page[ProductSales]{}, err
	}
	all, err := r.AllCounters(ctx, allShards(sales)...)
	if err != nil {
		return Page[ProductSales]{}, fmt.Errorf("%s: %w", tables.ProductSales, err)
	}
	return topOf(all, top), nil
}

// topOf returns the products with the most revenue, as many as are asked for and an answer holds.
func topOf(all map[string]map[string]string, top int) Page[ProductSales] {
	var out Page[ProductSales]
	rows := make([]ProductSales, 0, len(all))
	for productID, values := range all {
		row, err := salesRow(productID, values)
		if err != nil {
			out.Leave(salesKey(productID), err)
			continue
		}
		if row.Orders.Cmp(projection.Number{}) > 0 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b ProductSales) int {
		return cmp.Or(b.Revenue.Amount.Cmp(a.Revenue.Amount), cmp.Compare(a.ProductID, b.ProductID))
	})
	rows = rows[:min(top, len(rows))]
	out.Items = rows[:payload.Fit(rows, payload.JSONSize)]
	return out
}

// salesRow reads a row from its counters.
func salesRow(productID string, counters map[string]string) (ProductSales, error) {
	out := ProductSales{ProductID: productID}
	revenues := map[string]Total{} // by currency
	for _, name := range slices.Sorted(maps.Keys(counters)) {
		var err error
		value := counters[name]
		kind, currency, _ := strings.Cut(name, ".")
		switch kind {
		case "orders":
			out.Orders, err = newCount(value)
		case "units":
			out.Units, err = newCount(value)
		case revenue:
			revenues[currency], err = newTotal(value, currency)
		case listed:
			out.Revenue, err = newTotal("0", currency)
		}
		if err != nil {
			return out, fmt.Errorf("%s of %s: %w", tables.ProductSales, productID, err)
		}
	}
	return out.withRevenues(revenues), nil
}

// withRevenues splits revenues into that in the product's currency, or in the first by its code where the product was
// never listed, and the others.
func (s ProductSales) withRevenues(revenues map[string]Total) ProductSales {
	for _, currency := range slices.Sorted(maps.Keys(revenues)) {
		switch s.Revenue.Currency {
		case "", currency:
			s.Revenue = revenues[currency]
		default:
			s.OtherRevenue = append(s.OtherRevenue, revenues[currency])
		}
	}
	return s
}

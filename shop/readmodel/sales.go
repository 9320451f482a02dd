package readmodel

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
)

// ProductSales are the sales of a product, counted when orders are placed. A cancelled order stays counted.
type ProductSales struct {
	ProductID string `json:"productId"`
	// Orders is how many orders contained the product.
	Orders Count `json:"orders"`
	Units  Count `json:"units"`
	// Revenue is the revenue in the currency that the product is listed in.
	Revenue Total `json:"revenue"`
	// OtherRevenue is the revenue in other currencies.
	OtherRevenue []Total `json:"otherRevenue,omitempty"`
}

// SalesOf returns a product's sales. They are zero for a listed product that was never sold.
//
// Errors: [es.NotFoundError]; the view's.
func SalesOf(ctx context.Context, s *projection.Session, q annals.ByID) (ProductSales, error) {
	id := string(q.ID)
	counters, err := counts(ctx, s, countsKey(id), id)
	return salesOf(id, counters), err
}

// Top is the input of a query for the first items of many.
type Top struct {
	Top int `query:"top" minimum:"1" maximum:"1000" default:"10" doc:"The largest number of products. There are fewer if the answer would be too large"`
}

// TopSales returns the products with the most revenue, in descending order. Amounts in different currencies are
// compared as numbers. There are fewer products than requested if the answer would be too large.
//
// Errors: the view's.
func TopSales(ctx context.Context, s *projection.Session, q Top) (annals.Page[ProductSales], error) {
	all, err := s.AllCounters(ctx, allShards(counted)...)
	return topOf(all, q.Top), err
}

// topOf returns the products with the most revenue: as many as requested, or as fit into an answer.
func topOf(all map[string]map[string]projection.Number, top int) annals.Page[ProductSales] {
	rows := make([]ProductSales, 0, len(all))
	for productID, counters := range all {
		if row := salesOf(productID, counters); row.Orders.Cmp(projection.Number{}) > 0 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b ProductSales) int {
		return cmp.Or(b.Revenue.Amount.Cmp(a.Revenue.Amount), cmp.Compare(a.ProductID, b.ProductID))
	})
	return annals.Page[ProductSales]{Items: annals.Fit(rows[:min(top, len(rows))])}
}

// salesOf are a product's sales, computed from its counters.
func salesOf(productID string, counters map[string]projection.Number) ProductSales {
	out := ProductSales{ProductID: productID, Orders: Count{counters[inOrders]}, Units: Count{counters[sold]}}
	revenues := map[string]Total{} // by currency
	for name, value := range counters {
		switch kind, currency, _ := strings.Cut(name, "."); kind {
		case revenue:
			revenues[currency] = newTotal(value, currency)
		case listedIn:
			if currency != "" && (out.Revenue.Currency == "" || currency > out.Revenue.Currency) {
				out.Revenue = newTotal(projection.Number{}, currency)
			}
		}
	}
	return out.withRevenues(revenues)
}

// withRevenues splits revenues into the revenue in the product's currency and the others. For a product that was never
// listed, the first currency code takes the place of the product's.
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

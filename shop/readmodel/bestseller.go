package readmodel

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
)

// Selling is the document of an order in [BestSellers], empty once the order is cancelled.
type Selling struct {
	// Lines are the lines of an order that is not placed yet.
	Lines []orderLine `json:"l,omitempty"`
	// Month is when it was placed, such as "1997-03". Units are what was placed, by product.
	Month string         `json:"m,omitempty"`
	Units map[string]int `json:"u,omitempty"`
}

// BestSellers has a row of counters for each product and month, and for each product. It is in a cache: a shop asks for
// it on every page.
var BestSellers = projection.New("best-sellers", 1, projection.From(order.Aggregate,
	projection.On(func(s *Selling, e projection.Event[order.ItemAdded], _ *projection.Writes) error {
		s.Lines = withItem(s.Lines, e.Data)
		return nil
	}),
	projection.On(func(s *Selling, e projection.Event[order.ItemRemoved], _ *projection.Writes) error {
		s.Lines = withoutProduct(s.Lines, e.Data.ProductID)
		return nil
	}),
	projection.On(func(s *Selling, e projection.Event[order.OrderPlaced], w *projection.Writes) error {
		placed := Selling{Month: e.OccurredAt.UTC().Format("2006-01"), Units: map[string]int{}}
		for _, l := range s.Lines {
			placed.Units[l.Product] += l.Units
		}
		*s = placed
		s.count(w, 1)
		return nil
	}),
	projection.On(func(s *Selling, _ projection.Event[order.OrderCancelled], w *projection.Writes) error {
		s.count(w, -1)
		*s = Selling{}
		return nil
	}),
))

// always is the partition of all months. That of a month is the month.
const always = "always"

// count adds a placed order to the counters of its products, or takes it out.
func (s *Selling) count(w *projection.Writes, sign int64) {
	for _, id := range slices.Sorted(maps.Keys(s.Units)) {
		for _, partition := range []string{always, s.Month} {
			at := projection.Key{Partition: partition, Sort: id}
			w.Add(at, sold, projection.Int(sign*int64(s.Units[id])))
			w.Add(at, inOrders, projection.Int(sign))
		}
	}
}

// BestOf is the input of the query for best sellers.
type BestOf struct {
	Top   int    `query:"top" minimum:"1" maximum:"1000" default:"10" doc:"The largest number of products"`
	Month string `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" example:"1997-03" doc:"A month, in UTC. All months if it is missing"`
}

// BestSeller is how often a product was sold, without cancelled orders.
type BestSeller struct {
	ProductID string `json:"productId"`
	Units     Count  `json:"units"`
	Orders    Count  `json:"orders"`
}

// TopSellers returns the products of which most units were sold, in descending order.
//
// Errors: the view's.
func TopSellers(ctx context.Context, s *projection.Session, q BestOf) (annals.Page[BestSeller], error) {
	all, err := s.AllCounters(ctx, cmp.Or(q.Month, always))
	rows := []BestSeller{}
	for id, counters := range all {
		if counters[inOrders].Cmp(projection.Number{}) > 0 {
			rows = append(rows, BestSeller{ProductID: id, Units: Count{counters[sold]}, Orders: Count{counters[inOrders]}})
		}
	}
	slices.SortFunc(rows, func(a, b BestSeller) int {
		return cmp.Or(b.Units.Cmp(a.Units.Number), cmp.Compare(a.ProductID, b.ProductID))
	})
	return annals.Page[BestSeller]{Items: annals.Fit(rows[:min(q.Top, len(rows))])}, err
}

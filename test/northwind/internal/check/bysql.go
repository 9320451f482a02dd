package check

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// bySQL are the subjects that the service answers by SQL.
func (c *Checker) bySQL() []subject {
	all := url.Values{"top": {"1000"}}
	return []subject{
		{"sales by month", func(ctx context.Context, s *sheet) error {
			return compareGroups(ctx, c, s, "/sales/months", nil, c.Want.Months, func(g group) string { return g.Month })
		}},
		{"sales by city", func(ctx context.Context, s *sheet) error {
			return compareGroups(ctx, c, s, "/sales/cities", all, c.Want.Cities, func(g group) string { return g.City + ", " + g.Country })
		}},
		{"sales by product", func(ctx context.Context, s *sheet) error {
			products := map[string]expect.Group{}
			for _, p := range c.Want.ByRevenue() {
				products[p.ID] = expect.Group{Orders: p.Orders, Units: p.Ordered, Revenue: p.Revenue}
			}
			return compareGroups(ctx, c, s, "/sales/products", all, products, func(g group) string { return g.ProductID })
		}},
	}
}

// group is what was sold in a month, to a city, or of a product.
type group struct {
	Month, City, Country, ProductID string
	Orders                          *int
	Units                           *int
	Revenue                         money
}

// compareGroups compares a list of groups with those that the files give. Groups that only the service has are foreign.
func compareGroups(
	ctx context.Context, c *Checker, s *sheet, path string, query url.Values, want map[string]expect.Group, key func(group) string,
) error {
	got := map[string]group{}
	for g, err := range client.List[group](ctx, c.Client, path, query) {
		if err != nil {
			return err
		}
		if _, known := want[key(g)]; !known {
			s.foreign = append(s.foreign, path+" "+key(g))
			continue
		}
		got[key(g)] = g
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g := want[name], got[name]
		s.count(name+" orders", w.Orders, g.Orders)
		if w.Units > 0 {
			s.count(name+" units", w.Units, g.Units)
		}
		s.money(name+" revenue", w.Revenue, g.Revenue)
	}
	return nil
}

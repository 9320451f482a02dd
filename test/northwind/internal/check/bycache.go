package check

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// byCache are the subjects that the service answers from a cache: the best sellers of each month, and of all.
func (c *Checker) byCache() []subject {
	var all []subject
	for _, month := range slices.Sorted(maps.Keys(c.Want.Sellers)) {
		name, query := "best sellers", url.Values{"top": {"1000"}}
		if month != "" {
			name += " of " + month
			query.Set("month", month)
		}
		all = append(all, subject{name, func(ctx context.Context, s *sheet) error {
			return c.sellers(ctx, s, query, c.Want.Sellers[month])
		}})
	}
	return all
}

// sellers compares the sales of each product, and that the best come first.
func (c *Checker) sellers(ctx context.Context, s *sheet, query url.Values, want map[string]expect.Group) error {
	type seller struct {
		ProductID     string
		Units, Orders int
	}
	got, last := map[string]seller{}, 0
	for p, err := range client.List[seller](ctx, c.Client, "/products/best-sellers", query) {
		if err != nil {
			return err
		}
		if _, known := want[p.ProductID]; !known {
			s.foreign = append(s.foreign, "best seller "+p.ProductID)
			continue
		}
		if len(got) > 0 && p.Units > last {
			s.text(p.ProductID+" is behind a product with fewer units", "false", "true")
		}
		got[p.ProductID], last = p, p.Units
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		g := got[id]
		s.count(id+" units", want[id].Units, &g.Units)
		s.count(id+" orders", want[id].Orders, &g.Orders)
	}
	return nil
}

package check

import (
	"context"
	"net/url"
)

// subjects returns everything that is compared.
func (c *Checker) subjects() []subject {
	var all []subject
	for _, p := range c.Want.Products {
		all = append(all,
			subject{"product " + p.ID, func(ctx context.Context, s *sheet) error { return c.product(ctx, s, p) }},
			subject{"inventory of product " + p.ID, func(ctx context.Context, s *sheet) error { return c.inventory(ctx, s, p) }},
			subject{"sales of product " + p.ID, func(ctx context.Context, s *sheet) error { return c.sales(ctx, s, p) }})
	}
	for _, o := range c.Want.Orders {
		all = append(all, subject{"order " + o.ID, func(ctx context.Context, s *sheet) error { return c.order(ctx, s, o) }})
	}
	for _, customer := range c.Want.Customers {
		all = append(all, subject{"orders of customer " + customer.ID, func(ctx context.Context, s *sheet) error {
			return c.orders(ctx, s, orderList{
				path: "/customers/" + url.PathEscape(customer.ID) + "/orders", query: url.Values{"limit": {"10"}},
				want: customer.Orders, later: newestFirst,
			})
		}})
	}
	return append(all,
		subject{"active orders", func(ctx context.Context, s *sheet) error {
			return c.orders(ctx, s, orderList{
				path: "/orders", query: url.Values{"status": {"active"}, "limit": {"100"}},
				want: c.Want.Orders, later: oldestFirst, // none is delivered
			})
		}},
		subject{"products by revenue", c.ranking})
}

package check

import (
	"context"
	"fmt"
	"net/url"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// product compares GET /products/{id}.
func (c *Checker) product(ctx context.Context, s *sheet, want expect.Product) error {
	var got struct {
		Name      string `json:"name"`
		UnitPrice money  `json:"unitPrice"`
	}
	if err := c.Client.Get(ctx, "/products/"+url.PathEscape(want.ID), nil, &got); err != nil {
		return err
	}
	s.text("name", want.Name, got.Name)
	s.money("unitPrice", want.UnitPrice, got.UnitPrice)
	return nil
}

// inventory compares GET /products/{id}/inventory.
func (c *Checker) inventory(ctx context.Context, s *sheet, want expect.Product) error {
	var got struct {
		Received  *int `json:"received"`
		Ordered   *int `json:"ordered"`
		Shipped   *int `json:"shipped"`
		OnHand    *int `json:"onHand"`
		Available *int `json:"available"`
	}
	if err := c.Client.Get(ctx, "/products/"+url.PathEscape(want.ID)+"/inventory", nil, &got); err != nil {
		return err
	}
	s.count("received", want.Received, got.Received)
	s.count("ordered", want.Ordered, got.Ordered)
	s.count("shipped", want.Shipped, got.Shipped)
	s.count("onHand", want.OnHand(), got.OnHand)
	s.count("available", want.Available(), got.Available)
	return nil
}

// sold is the sales of a product in the API's JSON.
type sold struct {
	ProductID string `json:"productId"`
	Orders    *int   `json:"orders"`
	Units     *int   `json:"units"`
	Revenue   money  `json:"revenue"`
}

func (got sold) compare(s *sheet, prefix string, want expect.Product) {
	s.count(prefix+"orders", want.Orders, got.Orders)
	s.count(prefix+"units", want.Ordered, got.Units) // sales count placed orders, and every order was placed
	s.money(prefix+"revenue", want.Revenue, got.Revenue)
}

// sales compares GET /products/{id}/sales.
func (c *Checker) sales(ctx context.Context, s *sheet, want expect.Product) error {
	var got sold
	if err := c.Client.Get(ctx, "/products/"+url.PathEscape(want.ID)+"/sales", nil, &got); err != nil {
		return err
	}
	got.compare(s, "", want)
	return nil
}

// ranking compares GET /products/sales: every product with sales, highest revenue first.
func (c *Checker) ranking(ctx context.Context, s *sheet) error {
	known := map[string]bool{}
	for _, p := range c.Want.Products {
		known[p.ID] = true
	}
	want := c.Want.ByRevenue()
	var got []sold
	for p, err := range client.List[sold](ctx, c.Client, "/products/sales", url.Values{"top": {"1000"}}) {
		if err != nil {
			return err
		}
		if !known[p.ProductID] {
			s.foreign = append(s.foreign, "product "+p.ProductID)
			continue
		}
		got = append(got, p)
	}
	for i, w := range want {
		place := fmt.Sprintf("place %d", i+1)
		if i >= len(got) {
			s.text(place, "product "+w.ID, "")
			continue
		}
		s.text(place, "product "+w.ID, "product "+got[i].ProductID)
		got[i].compare(s, place+" ", w)
	}
	for i := len(want); i < len(got); i++ {
		s.text(fmt.Sprintf("place %d", i+1), "", "product "+got[i].ProductID)
	}
	return nil
}

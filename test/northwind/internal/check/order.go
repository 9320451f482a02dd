package check

import (
	"context"
	"net/url"

	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// summary is an order in the API's JSON, alone and as an item of lists.
type summary struct {
	OrderID        string `json:"orderId"`
	CustomerID     string `json:"customerId"`
	ItemCount      *int   `json:"itemCount"`
	Total          money  `json:"total"`
	Status         string `json:"status"`
	CreatedAt      string `json:"createdAt"`
	PlacedAt       string `json:"placedAt"`
	PaidAt         string `json:"paidAt"`
	ShippedAt      string `json:"shippedAt"`
	TrackingNumber string `json:"trackingNumber"`
}

func (got summary) compare(s *sheet, prefix string, want expect.Order) {
	s.text(prefix+"orderId", want.ID, got.OrderID)
	s.text(prefix+"customerId", want.CustomerID, got.CustomerID)
	s.count(prefix+"itemCount", want.Units, got.ItemCount)
	s.money(prefix+"total", want.Total, got.Total)
	s.text(prefix+"status", want.Status(), got.Status)
	s.instant(prefix+"createdAt", want.Ordered, got.CreatedAt)
	s.instant(prefix+"placedAt", want.Ordered, got.PlacedAt)
	s.instant(prefix+"paidAt", want.Ordered, got.PaidAt)
	s.instant(prefix+"shippedAt", want.Shipped, got.ShippedAt)
	s.text(prefix+"trackingNumber", want.TrackingNumber, got.TrackingNumber)
}

// order compares GET /orders/{id}.
func (c *Checker) order(ctx context.Context, s *sheet, want expect.Order) error {
	var got summary
	if err := c.Client.Get(ctx, "/orders/"+url.PathEscape(want.ID), nil, &got); err != nil {
		return err
	}
	got.compare(s, "", want)
	return nil
}

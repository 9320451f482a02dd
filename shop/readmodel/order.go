package readmodel

import (
	"time"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// OrderSummary is the summary of an order.
type OrderSummary struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	// ItemCount is how many units were ordered, of all products.
	ItemCount      int          `json:"itemCount"`
	Total          money.Money  `json:"total,omitzero"` // absent while there are no items
	Status         order.Status `json:"status"`
	CreatedAt      time.Time    `json:"createdAt"`
	PlacedAt       *time.Time   `json:"placedAt,omitempty"`
	PaidAt         *time.Time   `json:"paidAt,omitempty"` // in full
	ShippedAt      *time.Time   `json:"shippedAt,omitempty"`
	DeliveredAt    *time.Time   `json:"deliveredAt,omitempty"`
	CancelledAt    *time.Time   `json:"cancelledAt,omitempty"`
	TrackingNumber string       `json:"trackingNumber,omitempty"`
	// ShortOf are the products with too little stock.
	ShortOf []string `json:"shortOf,omitempty"`
	// Version is the version of the order that is shown.
	Version int64 `json:"version"`
}

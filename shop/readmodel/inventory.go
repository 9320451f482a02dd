package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Inventory is a product's stock, in units.
type Inventory struct {
	ProductID string `json:"productId"`
	Received  Count  `json:"received"`
	Ordered   Count  `json:"ordered"` // placed and not cancelled
	Shipped   Count  `json:"shipped"`
	OnHand    Count  `json:"onHand"`    // received − shipped
	Available Count  `json:"available"` // received − ordered
}

// Inventory returns a product's stock. A product that was ordered counts even if it was never listed.
//
// Errors: [es.NotFoundError].
func (s *Session) Inventory(ctx context.Context, productID string) (Inventory, error) {
	if s.before != nil {
		return s.before.inventory(ctx, productID)
	}
	counters, err := counts(ctx, s.opened, countsKey(productID), productID)
	return inventoryOf(productID, counters), err
}

// inventoryOf is a product's stock by its counters.
func inventoryOf(productID string, counters map[string]projection.Number) Inventory {
	in, out, gone := Count{counters[received]}, Count{counters[ordered]}, Count{counters[shipped]}
	return Inventory{
		ProductID: productID, Received: in, Ordered: out, Shipped: gone, OnHand: in.less(gone), Available: in.less(out),
	}
}

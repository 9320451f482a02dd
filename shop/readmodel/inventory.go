package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/annals"
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

// InventoryOf returns a product's stock. A product that was ordered is found even if it was never listed.
//
// Errors: [es.NotFoundError]; the view's.
func InventoryOf(ctx context.Context, s *projection.Session, q annals.ByID) (Inventory, error) {
	id := string(q.ID)
	counters, err := counts(ctx, s, countsKey(id), id)
	return inventoryOf(id, counters), err
}

// inventoryOf is a product's stock, computed from its counters.
func inventoryOf(productID string, counters map[string]projection.Number) Inventory {
	in, out, gone := Count{counters[received]}, Count{counters[ordered]}, Count{counters[shipped]}
	return Inventory{
		ProductID: productID, Received: in, Ordered: out, Shipped: gone, OnHand: in.less(gone), Available: in.less(out),
	}
}

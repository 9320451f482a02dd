package readmodel

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// Product is a product for sale. It is also the catalog's document.
type Product struct {
	ProductID string      `json:"productId"`
	Name      string      `json:"name"`
	UnitPrice money.Money `json:"unitPrice"`
	ListedAt  time.Time   `json:"listedAt"`
	// Version is the version of the product that is shown.
	Version int64 `json:"version"`
}

// ProductCatalog has a document for each product. It shows the product's version, so it handles every event.
var ProductCatalog = projection.New("product-catalog", 1, projection.From(product.Aggregate,
	projection.On(func(p *Product, e projection.Event[product.Event], _ *projection.Writes) error {
		p.Version = e.Version
		return nil
	}),
	projection.On(func(p *Product, e projection.Event[product.ProductListed], _ *projection.Writes) error {
		p.ProductID, p.Name, p.UnitPrice, p.ListedAt = e.Stream.ID, e.Data.Name, e.Data.UnitPrice, e.OccurredAt
		return nil
	}),
	projection.On(func(p *Product, e projection.Event[product.PriceChanged], _ *projection.Writes) error {
		p.UnitPrice = e.Data.UnitPrice
		return nil
	}),
))

// Quote returns the current prices of products from the catalog: strongly consistent, in one batched read. It leaves
// out products that the catalog does not have or this code can't read: their events have the price. open opens a read
// model.
//
// Errors: those of open, and the view's.
func Quote(
	ctx context.Context, open func(ctx context.Context, readModel string) (*projection.Session, error),
	productIDs ...string,
) (order.Quote, error) {
	s, err := open(ctx, ProductCatalog.Name())
	if errors.As(err, new(*projection.UnknownFoldError)) || errors.As(err, new(*projection.NotFilledError)) {
		return order.Quote{}, nil
	}
	if err != nil {
		return nil, err
	}
	streams := map[es.StreamID]bool{}
	for _, id := range productIDs {
		streams[product.Aggregate.Stream(id)] = true
	}
	found, err := ProductCatalog.Documents(ctx, s, slices.Collect(maps.Keys(streams))...)
	if err != nil {
		return nil, err
	}
	quote := order.Quote{}
	for stream, d := range found {
		if d.Err == nil {
			quote[stream.ID] = d.Data.UnitPrice
		}
	}
	return quote, nil
}

package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/order"
)

// Prices looks up what products cost now, by their ids. It leaves out those that it does not know.
type Prices func(ctx context.Context, productIDs ...string) (order.Quote, error)

// priced puts the shop's prices to items: callers without operator rights get no others. It runs inside decisions, so
// that a repeated command is recognised first and answered as it was, whatever the price is by then. Nothing guards the
// price: a price that changes at the same time makes no conflict.
//
// Only an acceptance rests on the catalog. What the catalog would refuse, or can't answer in time, is looked up in the
// product's events: commands need no read model.
//
// Errors: [order.PriceError]; those of the event store.
func (a *api) priced(ctx context.Context, items ...Item) ([]order.Item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	wanted, ids := make([]order.Wanted, len(items)), make([]string, len(items))
	for i, item := range items {
		wanted[i], ids[i] = item.wanted(), string(item.ProductID)
	}
	quote := a.catalog(ctx, ids)
	for looked := map[string]bool{}; ; {
		priced, err := quote.Items(wanted, a.Unbound(ctx))
		var refused *order.PriceError
		if !errors.As(err, &refused) || looked[refused.ProductID] {
			return priced, err
		}
		looked[refused.ProductID] = true
		if err := a.quote(ctx, quote, refused.ProductID); err != nil {
			return nil, err
		}
	}
}

// catalogTime is how long the catalog may take to answer: it takes milliseconds, and under load more, when reading
// events instead would only add to it.
const catalogTime = 3 * time.Second

// catalog looks prices up in the catalog, and knows none where that fails.
func (a *api) catalog(ctx context.Context, ids []string) order.Quote {
	brief, cancel := context.WithTimeout(ctx, catalogTime)
	defer cancel()
	quote, err := a.prices(brief, ids...)
	if err != nil {
		a.Log(ctx, slog.LevelWarn, "prices are read from the products' events: the catalog can't be read", err)
		return order.Quote{}
	}
	return quote
}

// quote looks up the price of one product in its events.
func (a *api) quote(ctx context.Context, quote order.Quote, productID string) error {
	p, err := a.aggregates.Products.Load(ctx, productID)
	if err == nil {
		quote[productID] = p.State.UnitPrice
	}
	if errors.As(err, new(*es.NotFoundError)) {
		return nil // the quote has none, and refuses it
	}
	return err
}

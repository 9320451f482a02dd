package api

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/order"
)

// customerOf is whom a stream is for, by its first commit: an order, its customer. A customer's order is for themselves, see
// forOneself, so nobody puts orders among another's.
func customerOf(first *es.Commit) (customer string, err error) {
	if first.Stream.Type != order.Aggregate.StreamType {
		return "", nil
	}
	err = order.Aggregate.Events.DecodeAny(first, 0, func(event any) error {
		if created, ok := event.(order.OrderCreated); ok {
			customer = created.CustomerID
		}
		return nil
	})
	return customer, err
}

// forOneself refuses what a customer does in another customer's name.
func forOneself(ctx context.Context, a *httpapi.API, customer httpapi.ID) error {
	if a.Unbound(ctx) || httpapi.Owns(ctx, string(customer)) {
		return nil
	}
	return httpapi.NewProblem(http.StatusForbidden, "another-customer", "the customer must be who the token names")
}

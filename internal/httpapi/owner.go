package httpapi

import (
	"context"
	"errors"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// origin is whose a stream is: what its first commit says, which never changes.
type origin struct {
	creator  string
	customer string // of an order
}

// knownOrigins is how many streams a process remembers the origin of. One takes some hundred bytes.
const knownOrigins = 10_000

func newOrigins() *lru.Cache[es.StreamID, origin] {
	c, _ := lru.New[es.StreamID, origin](knownOrigins) // it fails on sizes below 1
	return c
}

// origin looks up whose a stream is: from its first commit, once in a process.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *api) origin(ctx context.Context, stream es.StreamID) (origin, error) {
	if known, ok := a.origins.Get(stream); ok {
		return known, nil
	}
	for first, err := range a.events.Read(ctx, stream, es.Range{To: 1}) {
		if err != nil {
			return origin{}, err
		}
		found := origin{creator: first.Meta.Actor}
		if stream.Type == order.Aggregate.StreamType {
			if found.customer, err = customerOf(&first); err != nil {
				return origin{}, err
			}
		}
		a.origins.Add(stream, found)
		return found, nil
	}
	return origin{}, &es.NotFoundError{Stream: stream}
}

// customerOf is whom an order is for, by its first commit.
func customerOf(first *es.Commit) (customer string, err error) {
	err = order.Aggregate.Events.DecodeAny(first, 0, func(event any) error {
		if created, ok := event.(order.OrderCreated); ok {
			customer = created.CustomerID
		}
		return nil
	})
	return customer, err
}

// owned tells whether a stream is the caller's: who created it, or, of an order, whom it is for. A customer's order is for
// themselves, see forOneself, so nobody puts orders among another's.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *api) owned(ctx context.Context, stream es.StreamID) (bool, error) {
	o, err := a.origin(ctx, stream)
	if err != nil {
		return false, err
	}
	return owns(ctx, o.creator) || o.customer != "" && owns(ctx, o.customer), nil
}

// reach lets through who may see and change a stream. To all others it is as if there were no such stream.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *api) reach(ctx context.Context, stream es.StreamID) error {
	if unbound(ctx) {
		return nil
	}
	mine, err := a.owned(ctx, stream)
	if err == nil && !mine {
		err = &es.NotFoundError{Stream: stream}
	}
	return err
}

// readable is reach for a read model: everybody may see the products.
func (a *api) readable(ctx context.Context, stream es.StreamID) error {
	if stream == (es.StreamID{}) || stream.Type == product.Aggregate.StreamType {
		return nil
	}
	return a.reach(ctx, stream)
}

// visible are those of streams that the caller may read. A token of a transfer names the other's account too; whoever waits for
// a version of what is not theirs would learn when it comes, so it counts for nothing.
//
// Errors: those of the event store.
func (a *api) visible(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	var seen []es.StreamVersion
	for _, v := range all {
		err := a.readable(ctx, v.Stream)
		switch {
		case err == nil:
			seen = append(seen, v)
		case !errors.As(err, new(*es.NotFoundError)):
			return nil, err
		}
	}
	return seen, nil
}

// forOneself refuses what a customer does in another customer's name.
func forOneself(ctx context.Context, customer ID) error {
	if unbound(ctx) || owns(ctx, string(customer)) {
		return nil
	}
	return newProblem(http.StatusForbidden, "another-customer", "the customer must be who the token names")
}

// Package reaction has the service's reactions: what it does by itself after an event. Each reaction is a decision on
// the current aggregates. Start with [ReserveStock].
package reaction

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

// MaxProducts is the largest number of products in an order that stock is reserved for: one transaction holds the order
// and each product. For a larger order nothing is reserved, and it is flagged as short of all its products. Several
// transactions could end halfway, and leave stock reserved that is never shipped.
const MaxProducts = es.MaxStreams - 1

// ReservingEvents are the events that [ReserveStock] reacts to: those that pay, ship or cancel an order, or may.
var ReservingEvents = []order.Event{
	order.OrderPlaced{}, order.PaymentReceived{}, order.OrderShipped{}, order.OrderCancelled{},
}

// ReserveStock reserves stock for orders that are paid in full: for all products of an order, or for none, and then the
// order is flagged. The reserved stock leaves when the order is shipped, and becomes free again when it is cancelled.
//
// It does nothing for other events. It decides on the order's current state, not on the state at the event. So events
// may arrive late, repeated and in any order, and each payment of an order may cause a reaction.
//
// Errors: [es.NotFoundError] if there is no such order; those of the store. The event must then be delivered again.
func ReserveStock(tx *annals.Tx, e projection.Event[order.Event]) error {
	var err error
	switch data := e.Data.(type) {
	case order.OrderPlaced:
		if data.Total.Sign() == 0 { // nothing to pay: the order is paid as soon as it is placed
			err = reserve(tx, e.Stream.ID)
		}
	case order.PaymentReceived:
		err = reserve(tx, e.Stream.ID)
	case order.OrderShipped, order.OrderCancelled:
		err = end(tx, e.Stream.ID, e.Version)
	}
	if err != nil {
		return fmt.Errorf("reserve stock on %s@%d: %w", e.Stream, e.Version, err)
	}
	return nil
}

// reserve always loads the order first. The order shows whether an earlier attempt stored a flag, and the products show
// whether it reserved stock.
func reserve(tx *annals.Tx, orderID string) error {
	o, err := annals.Load(tx, order.Aggregate, orderID)
	if err != nil {
		return err
	}
	if len(o.State.ShortOf) > 0 {
		return nil // already flagged: nothing will be reserved
	}
	if o.State.Status != order.StatusPaid {
		return nil // not paid yet; or already shipped or cancelled: the reaction to that event ends the reservation
	}
	return reserveAll(tx, o, orderID)
}

// reserveAll reserves the units of all products, or flags the order with the products that have too few.
func reserveAll(tx *annals.Tx, o *es.Entity[order.State, order.Event], orderID string) error {
	units := unitsOf(o.State)
	products := slices.Sorted(maps.Keys(units))
	if len(products) > MaxProducts {
		o.Record(o.State.FlagShort(products)...)
		return nil
	}
	var (
		short []string
		keep  []func()
	)
	for _, id := range products {
		p, err := annals.Load(tx, product.Aggregate, id)
		var events []product.Event
		if err == nil {
			events, err = p.State.Reserve(orderID, units[id])
		}
		switch {
		case notListed(err), rule.Violated(err, product.InsufficientStock),
			rule.Violated(err, rule.IDMalformed): // in an old order, stored before product ids were checked
			short = append(short, id)
		case err != nil:
			return err
		default:
			keep = append(keep, func() { p.Record(events...) })
		}
	}
	if len(short) > 0 {
		o.Record(o.State.FlagShort(short)...)
		return nil
	}
	for _, do := range keep {
		do()
	}
	return nil
}

// end ends the reservation of an order that is shipped or cancelled at a version.
//
// The append need not guard the order. Being shipped or cancelled is final, and the items no longer change. After that
// nothing can be reserved or flagged, because reserve does guard the order. So the decision would be the same at any
// later time, and the products, which are loaded after the order, show all reservations.
func end(tx *annals.Tx, orderID string, version int64) error {
	o, err := annals.PeekAtLeast(tx, order.Aggregate, orderID, version)
	if err != nil {
		return err
	}
	var how func(product.State, string) []product.Event
	switch o.State.Status {
	case order.StatusShipped, order.StatusDelivered:
		how = product.State.Fulfill
	case order.StatusCancelled:
		how = product.State.Release
	default: // neither shipped nor cancelled yet
		return nil
	}
	units := unitsOf(o.State)
	if len(units) > MaxProducts || len(o.State.ShortOf) > 0 { // nothing is reserved for it
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		p, err := annals.Load(tx, product.Aggregate, id)
		if notListed(err) {
			continue
		}
		if err != nil {
			return err
		}
		p.Record(how(p.State, orderID)...)
	}
	return nil
}

// unitsOf is how many units of each product an order has, over all its lines.
func unitsOf(o order.State) map[string]int {
	units := map[string]int{}
	for _, item := range o.Items {
		units[item.ProductID] += item.Quantity
	}
	return units
}

func notListed(err error) bool { return errors.As(err, new(*es.NotFoundError)) }

// Package reaction is what the service does by itself when something has happened: each reaction to an event is a
// command, decided on the aggregates as they are by then.
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

// MaxProducts is the most products of an order that stock is reserved for: one transaction holds the order and each of
// them. An order of more has nothing reserved and is flagged as short of all of its products: several transactions
// could end halfway, with stock kept that ships nothing.
const MaxProducts = es.MaxStreams - 1

// ReservingEvents are the events that [ReserveStock] reacts to: those with which an order may be paid, shipped or
// cancelled.
var ReservingEvents = []order.Event{order.OrderPlaced{}, order.PaymentReceived{}, order.OrderShipped{}, order.OrderCancelled{}}

// ReserveStock keeps stock for orders that are paid in full: for all products of an order, or for none, and then the
// order is flagged. What is reserved leaves the stock when the order is shipped, and is free again when it is
// cancelled.
//
// It does what an event of an order calls for; other events call for nothing. It decides on the order as it is now, not
// as it was at the event: so events may come late, repeated and in any order, and each payment of an order may be
// reacted to.
//
// Errors: [es.NotFoundError] if there is no such order; those of the store. The event must then be reacted to again.
func ReserveStock(tx *annals.Tx, e projection.Event[order.Event]) error {
	var err error
	switch data := e.Data.(type) {
	case order.OrderPlaced:
		if data.Total.Sign() == 0 { // nothing is to be paid: such an order is paid with it
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

// reserve loads the order first, always: whether the command stored a flag shows there, and whether it reserved shows
// at the products.
func reserve(tx *annals.Tx, orderID string) error {
	o, err := annals.Load(tx, order.Aggregate, orderID)
	if err != nil {
		return err
	}
	if len(o.State.ShortOf) > 0 {
		return nil // nothing is reserved, and nothing will be
	}
	if o.State.Status != order.StatusPaid {
		return nil // not paid yet; or shipped or cancelled since: what is reserved ends with the reaction to that event
	}
	return reserveAll(tx, o, orderID)
}

// reserveAll reserves the units of all products, or flags the order with those that have too few.
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
			rule.Violated(err, rule.IDMalformed): // an order of old, stored before ids were checked here
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

// end ends what an order has reserved, if it is shipped or cancelled at a version.
//
// The order need not be guarded by the append: it is shipped or cancelled for ever, and its items no longer change.
// Nothing can be reserved for it, or flagged, after that, since reserve guards the order. So what this decides on the
// order as it was read, it would decide on the order at any later time; and the products, which are loaded after it,
// show all that was reserved.
func end(tx *annals.Tx, orderID string, version int64) error {
	o, err := annals.PeekAtLeast(tx, order.Aggregate, orderID, version)
	if err != nil {
		return err
	}
	var how func(product.State, string) []product.Event
	switch o.State.Status {
	case order.StatusShipped, order.StatusDelivered:
		how = product.State.Fulfil
	case order.StatusCancelled:
		how = product.State.Release
	default: // it is not at its end yet
		return nil
	}
	units := unitsOf(o.State)
	if len(units) > MaxProducts || len(o.State.ShortOf) > 0 { // then nothing is reserved
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

// unitsOf adds up how many units of each product an order has, on all of its lines.
func unitsOf(o order.State) map[string]int {
	units := map[string]int{}
	for _, item := range o.Items {
		units[item.ProductID] += item.Quantity
	}
	return units
}

func notListed(err error) bool { return errors.As(err, new(*es.NotFoundError)) }

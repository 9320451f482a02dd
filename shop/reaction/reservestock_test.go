package reaction_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	esreaction "github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/reaction"
)

// stands fails the test unless a product has exactly these reservations, and this many units shipped from reservations.
func stands(t *testing.T, w *world, productID string, reserved map[string]int, consumed int) {
	t.Helper()
	p := w.product(t, productID)
	if d := cmp.Diff(reserved, p.Reserved); d != "" || p.Consumed != consumed {
		t.Errorf("%s: %d consumed, want %d; reserved (-want +got):\n%s", productID, p.Consumed, consumed, d)
	}
}

// shortOf fails the test unless an order is flagged with these products.
func shortOf(t *testing.T, w *world, orderID string, want ...string) {
	t.Helper()
	if got := w.order(t, orderID).ShortOf; !slices.Equal(got, want) {
		t.Errorf("order %s is short of %v, want %v", orderID, got, want)
	}
}

func TestReservedAndShipped(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 10)
		w.stock(t, "cup", 2)
		w.paid(t, "o", item("tea", 3, "5"), item("cup", 2, "1"), item("tea", 4, "4")) // tea twice
		paid := last[order.PaymentReceived](t, w, "o")
		w.reacted(t, paid)
		stands(t, w, "tea", map[string]int{"o": 7}, 0)
		stands(t, w, "cup", map[string]int{"o": 2}, 0)
		shortOf(t, w, "o")
		w.do(t, "o", ship)
		w.reacted(t, last[order.OrderShipped](t, w, "o"))
		stands(t, w, "tea", nil, 7)
		stands(t, w, "cup", nil, 2)
		w.do(t, "o", order.State.Deliver)
		w.unmoved(t, func() error { return w.react(t.Context(), paid) })

		w.paid(t, "fast", item("tea", 1, "5"))
		w.reacted(t, last[order.PaymentReceived](t, w, "fast"))
		w.do(t, "fast", ship)
		w.do(t, "fast", order.State.Deliver)
		w.reacted(t, last[order.OrderShipped](t, w, "fast")) // late
		stands(t, w, "tea", nil, 8)
	})
}

func TestReservedAndCancelled(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 3)
		w.paid(t, "o", item("tea", 3, "5"))
		paid := last[order.PaymentReceived](t, w, "o")
		w.reacted(t, paid)
		w.do(t, "o", order.State.Cancel)
		w.unmoved(t, func() error { return w.react(t.Context(), paid) }) // releasing is the cancellation's affair
		stands(t, w, "tea", map[string]int{"o": 3}, 0)
		w.reacted(t, last[order.OrderCancelled](t, w, "o"))
		stands(t, w, "tea", nil, 0)
		w.paid(t, "next", item("tea", 3, "5"))
		w.reacted(t, last[order.PaymentReceived](t, w, "next"))
		stands(t, w, "tea", map[string]int{"next": 3}, 0)
	})
}

func TestShort(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 10)
		w.stock(t, "cup", 1)
		w.paid(t, "o", item("tea", 3, "5"), item("cup", 1, "1"), item("cup", 1, "2"), item("unlisted", 1, "1"))
		paid := last[order.PaymentReceived](t, w, "o")
		w.reacted(t, paid)
		shortOf(t, w, "o", "cup", "unlisted") // one cup is there for each line, and not for both
		stands(t, w, "tea", nil, 0)
		stands(t, w, "cup", nil, 0)
		w.receive(t, "cup", 100)
		w.stock(t, "unlisted", 100)
		w.unmoved(t, func() error { return w.react(t.Context(), paid) })
		w.do(t, "o", ship)
		w.unmoved(t, func() error { return w.react(t.Context(), paid) })
		w.unmoved(t, func() error { return w.react(t.Context(), last[order.OrderShipped](t, w, "o")) })
		if status := w.order(t, "o").Status; status != order.StatusShipped {
			t.Errorf("the order is %s", status)
		}
	})
}

// TestLate: the order's current state decides, not the event.
func TestLate(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(order.State) ([]order.Event, error){
		"shipped": ship, "cancelled": order.State.Cancel,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, w *world) {
				w.stock(t, "tea", 10)
				w.paid(t, "o", item("tea", 3, "5"), item("unlisted", 1, "1"))
				w.do(t, "o", step)
				events := w.happened(t, "o")
				slices.Reverse(events) // the last first
				for _, e := range events {
					w.unmoved(t, func() error { return w.react(t.Context(), e) })
				}
				stands(t, w, "tea", nil, 0)
			})
		})
	}
}

func TestPartialPayments(t *testing.T) {
	t.Parallel()
	pay := func(id, amount string) func(order.State) ([]order.Event, error) {
		return func(s order.State) ([]order.Event, error) { return s.ReceivePayment(id, usd(amount)) }
	}
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 3)
		w.placed(t, "o", item("tea", 3, "5"))
		w.do(t, "o", pay("1", "10"))
		first := last[order.PaymentReceived](t, w, "o")
		w.unmoved(t, func() error { return w.react(t.Context(), first) }) // not paid in full
		w.do(t, "o", pay("2", "5"))
		second := last[order.PaymentReceived](t, w, "o")
		w.reacted(t, first) // late, again: the order is paid by now
		stands(t, w, "tea", map[string]int{"o": 3}, 0)
		w.receive(t, "tea", 100)
		w.unmoved(t, func() error { return w.react(t.Context(), second) })

		w.placed(t, "short", item("tea", 300, "1"))
		w.do(t, "short", pay("1", "100"))
		first = last[order.PaymentReceived](t, w, "short")
		w.do(t, "short", pay("2", "200"))
		w.reacted(t, first)
		shortOf(t, w, "short", "tea")
		w.receive(t, "tea", 1000)
		w.unmoved(t, func() error { return w.react(t.Context(), last[order.PaymentReceived](t, w, "short")) })
	})
}

// TestFreeOfCharge: an order with a total of zero is paid when it is placed.
func TestFreeOfCharge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.stock(t, "tea", 3)
	w.placed(t, "o", item("tea", 2, "0"))
	w.reacted(t, last[order.OrderPlaced](t, w, "o"))
	stands(t, w, "tea", map[string]int{"o": 2}, 0)
}

// TestConcurrent: 20 orders for one unit each, of which there are 10.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 10)
		var paid []projection.Event[order.Event]
		for i := range 20 {
			id := fmt.Sprint("o", i)
			w.paid(t, id, item("tea", 1, "5"))
			paid = append(paid, last[order.PaymentReceived](t, w, id))
		}
		errs := make([]error, len(paid))
		start := make(chan struct{})
		var running sync.WaitGroup
		for i, e := range paid {
			running.Go(func() {
				<-start
				errs[i] = w.react(t.Context(), e)
			})
		}
		close(start)
		running.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		tea, flagged := w.product(t, "tea"), 0
		for _, e := range paid {
			short := len(w.order(t, e.Stream.ID).ShortOf) > 0
			if short {
				flagged++
			}
			if _, reserved := tea.Reserved[e.Stream.ID]; reserved == short {
				t.Errorf("order %s: reserved %v, flagged %v", e.Stream.ID, reserved, short)
			}
		}
		if len(tea.Reserved) != 10 || flagged != 10 || tea.Free() != 0 {
			t.Errorf("%d orders reserved, %d flagged, %d units free; want 10, 10 and none",
				len(tea.Reserved), flagged, tea.Free())
		}
	})
}

// TestMostProducts: an order and its products go into one transaction, or nothing does.
func TestMostProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	var items []order.Item
	for i := range reaction.MaxProducts + 1 {
		id := fmt.Sprintf("p%03d", i)
		w.stock(t, id, 10)
		items = append(items, item(id, 1, "1"))
	}
	w.paid(t, "most", items[1:]...)
	w.reacted(t, last[order.PaymentReceived](t, w, "most"))
	stands(t, w, "p099", map[string]int{"most": 1}, 0)
	w.do(t, "most", ship)
	w.reacted(t, last[order.OrderShipped](t, w, "most"))
	stands(t, w, "p099", nil, 1)

	w.paid(t, "more", items...)
	w.reacted(t, last[order.PaymentReceived](t, w, "more"))
	if short := w.order(t, "more").ShortOf; len(short) != len(items) || short[0] != "p000" {
		t.Errorf("reserve with %d products short: %v", len(short), short)
	}
	stands(t, w, "p099", nil, 1)
	w.paid(t, "cancelled", items...)
	w.do(t, "cancelled", order.State.Cancel)
	w.reactor = open(t, &meddling{Store: w.store, unreadable: errors.New("read for nothing")}, 0)
	w.unmoved(t, func() error { return w.react(t.Context(), last[order.OrderCancelled](t, w, "cancelled")) })
}

// TestOnRecord: the events of a reaction name the command and the event that caused them.
func TestOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.stock(t, "tea", 3)
	w.paid(t, "o", item("tea", 3, "5"))
	paid := last[order.PaymentReceived](t, w, "o")
	w.reacted(t, paid)
	var stored es.Commit
	for c, err := range w.store.Read(t.Context(), es.StreamID{Type: "Product", ID: "tea"}, es.Range{From: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		stored = c
	}
	want := command(paid)
	var err error
	if want.Ref.Fingerprint, err = w.store.Fingerprint(t.Context(), want.Ref.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if stored.Command != want.Ref || stored.Meta.CausationID != want.Meta.CausationID ||
		stored.Events[0].Type != "StockReserved" {
		t.Errorf("stored: %+v, want the command's id and StockReserved", stored)
	}
}

// TestTheOrderMovesOn: an order that is cancelled during the reaction must not keep stock.
func TestTheOrderMovesOn(t *testing.T) {
	t.Parallel()
	for name, units := range map[string]int{"in stock": 3, "short": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			w.stock(t, "tea", 3)
			w.paid(t, "o", item("tea", units, "5"))
			cancel := sync.OnceFunc(func() { w.do(t, "o", order.State.Cancel) })
			w.reactor = open(t, &meddling{Store: w.store, beforeAppend: cancel}, 0)
			if err := w.react(t.Context(), last[order.PaymentReceived](t, w, "o")); err != nil {
				t.Fatal(err)
			}
			if status := w.order(t, "o").Status; status != order.StatusCancelled {
				t.Errorf("the order is %s", status)
			}
			stands(t, w, "tea", nil, 0)
			shortOf(t, w, "o")
		})
	}
}

func TestProductsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.stock(t, "tea", 3)
	w.paid(t, "o", item("tea", 3, "5"))
	unreadable := errors.New("unreadable")
	w.reactor = open(t, &meddling{Store: w.store, unreadable: unreadable}, 0)
	if err := w.react(t.Context(), last[order.PaymentReceived](t, w, "o")); !errors.Is(err, unreadable) {
		t.Errorf("reserve from an unreadable order: %v, want its error", err)
	}
	w.do(t, "o", ship)
	if err := w.react(t.Context(), last[order.OrderShipped](t, w, "o")); !errors.Is(err, unreadable) {
		t.Errorf("fulfill from an unreadable order: %v, want its error", err)
	}
	shortOf(t, w, "o")
}

func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.stock(t, "tea", 3)
	w.paid(t, "o", item("tea", 3, "5"))
	paid := last[order.PaymentReceived](t, w, "o")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.react(ended, paid); !errors.Is(err, context.Canceled) {
		t.Errorf("in a context that has ended: %v", err)
	}
	unknown := paid
	unknown.Stream.ID = "x"
	if err := w.react(t.Context(), unknown); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("reserve for an order that does not exist: %v, want NotFoundError", err)
	}
	w.reacted(t, paid)
	reused := command(paid)
	reused.Ref.Fingerprint = "other"
	if err := w.reactTo(t.Context(), paid, reused); !errors.As(err, new(*es.CommandReusedError)) {
		t.Errorf("another command under the same id: %v", err)
	}
	if err := w.react(ended, last[order.OrderPlaced](t, w, "o")); err != nil {
		t.Errorf("an event without a reaction read a stream: %v", err)
	}
	w.unmoved(t, func() error { return w.react(t.Context(), projection.Event[order.Event]{Data: order.OrderDelivered{}}) })
}

// TestOrderWithInvalidID: an order that was stored with an invalid id is flagged, not parked for ever.
func TestOrderWithInvalidID(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.stock(t, "tea", 10)
		id := strings.Repeat("o", 1500)
		_, err := w.Orders.Create(t.Context(), id, es.Command{}, func() ([]order.Event, error) {
			return []order.Event{
				order.OrderCreated{OrderID: id, CustomerID: "c"}, order.ItemAdded(item("tea", 3, "5")),
				order.OrderPlaced{Total: usd("15")},
				order.PaymentReceived{PaymentID: "all", Amount: usd("15")},
			}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.reacted(t, last[order.PaymentReceived](t, w, id))
		stands(t, w, "tea", nil, 0)
		shortOf(t, w, id, "tea")
	})
}

// TestCommandIDs: the ids of the declared reaction's commands never change. Otherwise the reaction would run again for
// old events.
func TestCommandIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.stock(t, "tea", 3)
	w.paid(t, "o", item("tea", 3, "5"))
	declared := shop.New().Reactions[0]
	reactor := esreaction.New(esreaction.Reaction{Name: declared.Name, Sources: declared.Sources(w.reactor)})
	paid, cause := last[order.PaymentReceived](t, w, "o"), ""
	for c, err := range w.store.Read(t.Context(), paid.Stream, es.Range{From: paid.Version}) {
		if err != nil {
			t.Fatal(err)
		}
		cause = c.ID
	}
	for range 2 {
		if _, err := reactor.Repeat(t.Context(), w.store, paid.Stream, 1); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|Order#o|%d|0|reserve-stock", cause, paid.Version))
	var ids []string
	for c, err := range w.store.Read(t.Context(), product.Aggregate.Stream("tea"), es.Range{From: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.Command.ID+" "+c.Meta.Actor)
	}
	if want := base64.RawURLEncoding.EncodeToString(sum[:16]) +
		" reactor/reserve-stock"; !slices.Equal(ids, []string{want}) {
		t.Errorf("commands %v, want %s", ids, want)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// fate is what becomes of an order.
type fate int

// The fates.
const (
	unpaid      fate = iota
	paidInPart       // a part of it, and nothing more
	paid             // in full, at once
	paidInTwo        // in full, in two parts
	paidLate         // in full, from half a second before the deadline to 1.5 s after it
	fromAccount      // from an account that covers it
	fromPoor         // from one that does not
	returned         // from an account, and then cancelled by the customer
	fates
)

// shares are how many of 100 orders have a fate.
var shares = [fates]int{unpaid: 36, paidInPart: 8, paid: 12, paidInTwo: 10, paidLate: 8, fromAccount: 11, fromPoor: 10, returned: 5}

var fateNames = [fates]string{
	"unpaid", "paid in part", "paid", "paid in two parts", "paid around the deadline", "from an account",
	"from a poor account", "from an account, then cancelled",
}

// sold is an order of a run.
type sold struct {
	id    string
	fate  fate
	units map[string]int
	total int // dollars
}

// market is a run: orders that are placed and paid at the same time.
type market struct {
	*stack
	options

	name   string
	orders []*sold
	killed killed
	took   time.Duration

	mu   sync.Mutex
	errs []error
}

func (m *market) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errs = append(m.errs, err)
}

// failed returns the first errors.
func (m *market) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(m.errs[:min(len(m.errs), 5)]...)
}

// run places the orders, and lets each have its fate. With kills, things are killed until all deadlines have passed.
func (m *market) run(ctx context.Context, kills bool) {
	dice := rand.New(rand.NewPCG(m.seed, uint64(len(m.name))))
	for i := range m.options.orders {
		m.orders = append(m.orders, newOrder(fmt.Sprintf("%s-%d", m.name, i), dice))
	}
	began := time.Now()
	trouble, stop := context.WithCancel(ctx)
	defer stop()
	var killing, work sync.WaitGroup
	if kills {
		killing.Go(func() {
			var err error
			if m.killed, err = m.harass(trouble, m.seed); err != nil {
				m.fail(err)
			}
		})
	}
	turns := make(chan struct{}, m.clients)
	for i, o := range m.orders {
		pause(ctx, time.Until(began.Add(time.Duration(float64(i)/m.rate*float64(time.Second)))))
		turns <- struct{}{}
		work.Go(func() {
			placed, err := m.place(ctx, o)
			<-turns
			if err == nil {
				err = m.settle(ctx, o, placed)
			}
			if err != nil {
				m.fail(fmt.Errorf("order %s, %s: %w", o.id, fateNames[o.fate], err))
			}
		})
	}
	work.Wait()
	if kills {
		pause(ctx, m.within) // until the last deadline
	}
	stop()
	killing.Wait()
	m.took = time.Since(began)
}

func newOrder(id string, dice *rand.Rand) *sold {
	o := &sold{id: id, units: map[string]int{}}
	at := dice.IntN(100)
	for at >= shares[o.fate] {
		at -= shares[o.fate]
		o.fate++
	}
	for range 1 + dice.IntN(2) {
		n := 1 + dice.IntN(3)
		o.units[fmt.Sprintf("p-%d", dice.IntN(products))] += n
		o.total += n * unit
	}
	return o
}

// place creates and places an order. It returns when it was placed, at the latest.
func (m *market) place(ctx context.Context, o *sold) (time.Time, error) {
	var items []object
	for id, n := range o.units {
		items = append(items, object{"productId": id, "quantity": n, "unitPrice": dollars(unit)})
	}
	path := "/orders/" + o.id
	err := m.must(ctx, http.MethodPost, "/orders", object{"orderId": o.id, "customerId": "ann", "items": items})
	if err == nil {
		err = m.must(ctx, http.MethodPut, path+"/shipping-address", object{
			"recipient": "R", "line1": "1 Road", "city": "Town", "country": "NL",
		})
	}
	if err == nil {
		err = m.must(ctx, http.MethodPost, path+"/place", nil)
	}
	return time.Now(), err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// findings are what the checks of a run found.
type findings struct {
	wrong     []string
	late      []time.Duration // of each cancellation, ascending
	cancelled int
	paid      int
	byFate    [fates]struct{ all, cancelled int }
	waited    time.Duration
}

func (f *findings) violated(format string, args ...any) {
	f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
}

func (f *findings) violations() error {
	if len(f.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%d promises were not kept:\n%s", len(f.wrong), strings.Join(f.wrong[:min(len(f.wrong), 20)], "\n"))
}

// settling time: how long what is late, because of kills, may take.
const enough = 2 * time.Minute

// await checks everything again until it is as promised, or until too much time has passed.
func (m *market) await(ctx context.Context) (*findings, error) {
	for began := time.Now(); ; {
		all, err := m.read(ctx)
		if err != nil {
			return nil, err
		}
		f := m.check(all)
		open, err := m.list(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range open {
			f.violated("open deadline: %s", d)
		}
		if f.waited = time.Since(began); len(f.wrong) == 0 || f.waited > enough {
			return f, nil
		}
		if pause(ctx, time.Second); ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), f.violations())
		}
	}
}

// check checks all orders of the run, and all payments, accounts and products.
func (m *market) check(all stored) *findings {
	f := &findings{}
	for _, o := range m.orders {
		m.checkOrder(f, o, all[es.StreamID{Type: "Order", ID: o.id}])
	}
	checkMoney(f, all)
	checkStock(f, all)
	return f
}

// checkOrder checks that an order was paid in time, or cancelled once, and not early.
func (m *market) checkOrder(f *findings, o *sold, events []event) {
	var (
		deadline    time.Time
		paid, total int64
		cancels     []event
		fullyPaid   bool
	)
	for _, e := range events {
		switch e.kind {
		case "OrderPlaced":
			deadline, total = e.at.Add(m.within), e.amount
		case "PaymentReceived":
			paid += e.amount
			fullyPaid = paid >= total
		case "OrderCancelled":
			cancels = append(cancels, e)
		}
	}
	f.byFate[o.fate].all++
	switch {
	case total != int64(o.total)*100:
		f.violated("order %s: its total is %d cents, want %d", o.id, total, o.total*100)
	case len(cancels) > 1:
		f.violated("order %s: cancelled %d times", o.id, len(cancels))
	case fullyPaid && len(cancels) == 1 && byDeadline(cancels[0]):
		f.violated("order %s: paid in full, but %s cancelled it", o.id, cancels[0].actor)
	case fullyPaid:
		f.paid++
	case len(cancels) == 0:
		f.violated("order %s: not paid by %v, and not cancelled", o.id, deadline)
	case byDeadline(cancels[0]):
		f.cancel(o, cancels[0].at.Sub(deadline))
	case o.fate != returned:
		f.violated("order %s: cancelled by %q", o.id, cancels[0].actor)
	}
}

func byDeadline(e event) bool {
	return e.actor == "reactor/cancel-unpaid" || e.actor == "reactor/pay-orders"
}

func (f *findings) cancel(o *sold, late time.Duration) {
	if late < 0 {
		f.violated("order %s: cancelled %v before its deadline", o.id, -late)
	}
	f.late = append(f.late, late)
	f.cancelled++
	f.byFate[o.fate].cancelled++
}

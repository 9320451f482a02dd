package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"
)

// settle lets a placed order have its fate. After kills, a payment may come too late: that is no error.
func (m *market) settle(ctx context.Context, o *sold, placed time.Time) error {
	switch o.fate {
	case paidInPart:
		return m.pay(ctx, o, "part", o.total/2)
	case paid:
		return m.pay(ctx, o, "all", o.total)
	case paidInTwo:
		pause(ctx, m.within/5)
		if err := m.pay(ctx, o, "one", o.total/2); err != nil {
			return err
		}
		pause(ctx, m.within/5)
		return m.pay(ctx, o, "two", o.total-o.total/2)
	case paidLate:
		around := time.Duration(o.dice(2000)-500) * time.Millisecond
		pause(ctx, time.Until(placed.Add(m.within+around)))
		return m.pay(ctx, o, "late", o.total)
	case fromAccount:
		return m.payFrom(ctx, o, o.payer())
	case fromPoor:
		return m.payFrom(ctx, o, poor)
	case returned:
		if err := m.payFrom(ctx, o, o.payer()); err != nil {
			return err
		}
		pause(ctx, time.Duration(o.dice(2000))*time.Millisecond)
		return m.may(ctx, "/orders/"+o.id+"/cancel", nil)
	default:
		return nil
	}
}

// dice returns a number below n that depends on the order alone.
func (o *sold) dice(n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.id)) // never fails
	return int(h.Sum32() % uint32(n))
}

func (o *sold) payer() string { return fmt.Sprintf("rich-%d", o.dice(payers)) }

func (m *market) pay(ctx context.Context, o *sold, id string, amount int) error {
	return m.may(ctx, "/orders/"+o.id+"/payments", object{"paymentId": id, "amount": dollars(amount)})
}

func (m *market) payFrom(ctx context.Context, o *sold, account string) error {
	return m.may(ctx, "/payments", object{"orderId": o.id, "accountId": account})
}

// may sends a command that succeeds, or is refused because the order is cancelled.
func (m *market) may(ctx context.Context, path string, body object) error {
	status, text, err := m.send(ctx, http.MethodPost, path, body)
	if err == nil && status/100 != 2 && status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		err = fmt.Errorf("POST %s: %d %s", path, status, text)
	}
	return err
}

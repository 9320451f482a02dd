package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// client sends commands to the service, one after the other.
type client struct{ base string }

type object = map[string]any

func dollars(n int) object { return object{"amount": fmt.Sprintf("%d.00", n), "currency": "USD"} }

// wait is the pause after each command of a client that waits: long enough for projections and reactions.
const wait = 300 * time.Millisecond

// run measures operations, and adds them to a table.
//
// Errors: costs that differ from the page; those of the requests.
func (c client) run(ctx context.Context, counter *counter, said page, all []operation, out *table) error {
	if err := c.prepare(ctx); err != nil {
		return err
	}
	var drifts []error
	for _, o := range all {
		if o.first { // starts the processes that it needs, and reads what they read once
			if _, err := o.do(c, ctx, o.pause); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
		if err := counter.settled(ctx); err != nil {
			return err
		}
		before := counter.spent()
		took := make([]time.Duration, o.times)
		for i := range took {
			var err error
			if took[i], err = o.do(c, ctx, o.pause); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
		if err := counter.settled(ctx); err != nil {
			return err
		}
		bill := counter.spent().minus(before)
		out.add(o, bill, took)
		drifts = append(drifts, said.compare(o.name, bill.total().by(o.times), !o.vary))
	}
	return errors.Join(drifts...)
}

const (
	accountID = "costs"
	productID = "tea"
)

// prepare creates the account and the product, and sends each operation once, so that every function is started.
func (c client) prepare(ctx context.Context) error {
	for _, command := range []struct {
		path string
		body object
	}{
		{"/accounts", object{"accountId": accountID, "ownerName": "Ada", "initialDeposit": dollars(1)}},
		{"/products", object{"productId": productID, "name": "Tea", "unitPrice": dollars(9)}},
		{"/products/" + productID + "/stock", object{"quantity": 100_000}},
	} {
		if err := c.send(ctx, http.MethodPost, command.path, command.body); err != nil {
			return err
		}
	}
	if _, err := c.deposit(ctx, wait); err != nil {
		return err
	}
	_, err := c.order(ctx, wait)
	return err
}

// deposit sends one command and returns how long it took.
func (c client) deposit(ctx context.Context, pause time.Duration) (time.Duration, error) {
	return c.all(ctx, pause, step{http.MethodPost, "/accounts/" + accountID + "/deposits", object{"amount": dollars(1)}})
}

// order sends the commands of an order from its creation to its delivery, and returns how long they took together.
func (c client) order(ctx context.Context, pause time.Duration) (time.Duration, error) {
	of, placed := placing()
	return c.all(ctx, pause, append(
		placed,
		step{http.MethodPost, of + "/payments", object{"paymentId": "p-1", "amount": dollars(9)}},
		step{http.MethodPost, of + "/shipments", object{"trackingNumber": "T-1"}},
		step{http.MethodPost, of + "/delivery", nil},
	)...)
}

// placing returns the path of a new order, and the commands that place it.
func placing() (of string, steps []step) {
	id := uuid.NewString()
	of = "/orders/" + id
	return of, []step{
		{http.MethodPost, "/orders", object{"orderId": id, "customerId": "ada", "items": []any{
			object{"productId": productID, "quantity": 1, "unitPrice": dollars(9)},
		}}},
		{
			http.MethodPut, of + "/shipping-address",
			object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"},
		},
		{http.MethodPost, of + "/place", nil},
	}
}

// paidInTime sends the commands of an order's life, and waits until its deadline has passed.
func (c client) paidInTime(ctx context.Context, pause time.Duration) (time.Duration, error) {
	took, err := c.order(ctx, pause)
	return took, errors.Join(err, sleep(ctx, deadlinePassed))
}

// notPaid places an order, and waits until it is cancelled at its deadline.
func (c client) notPaid(ctx context.Context, pause time.Duration) (time.Duration, error) {
	_, placed := placing()
	took, err := c.all(ctx, pause, placed...)
	return took, errors.Join(err, sleep(ctx, deadlinePassed))
}

// step is one command.
type step struct {
	method, path string
	body         any
}

// all sends commands with a pause after each. It returns how long they took, without the pauses.
func (c client) all(ctx context.Context, pause time.Duration, steps ...step) (took time.Duration, err error) {
	for _, s := range steps {
		began := time.Now()
		if err := c.send(ctx, s.method, s.path, s.body); err != nil {
			return 0, err
		}
		took += time.Since(began)
		if err := sleep(ctx, pause); err != nil {
			return 0, err
		}
	}
	return took, nil
}

func (c client) send(ctx context.Context, method, path string, body any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", uuid.NewString())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, strings.TrimSpace(string(said)))
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

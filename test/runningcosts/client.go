package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
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

// run measures both operations, each with a client that waits and one that does not. It returns a table.
//
// Errors: costs that differ from the page; those of the requests.
func (c client) run(ctx context.Context, counter *counter, said page) (string, error) {
	if err := c.prepare(ctx); err != nil {
		return "", err
	}
	table := "| operation | requests | write units | read units | $ a million | p50, ms |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: |\n"
	var drifts []error
	details := "| operation | request | requests | write units | read units |\n| --- | --- | ---: | ---: | ---: |\n"
	for _, m := range []struct {
		name  string
		times int
		pause time.Duration
		do    func(context.Context, time.Duration) (time.Duration, error)
	}{
		{"a deposit, the client waits", 10, wait, c.deposit},
		{"a deposit, the client does not wait", 150, 0, c.deposit},
		{"an order's life, the client waits", 5, wait, c.order},
		{"an order's life, the client does not wait", 25, 0, c.order},
	} {
		if err := counter.settled(ctx); err != nil {
			return table, err
		}
		before := counter.spent()
		took := make([]time.Duration, m.times)
		for i := range took {
			var err error
			if took[i], err = m.do(ctx, m.pause); err != nil {
				return table, fmt.Errorf("%s: %w", m.name, err)
			}
		}
		if err := counter.settled(ctx); err != nil {
			return table, err
		}
		bill := counter.spent().minus(before)
		spent := bill.total().by(m.times)
		slices.Sort(took)
		table += fmt.Sprintf("| %s | %.1f | %.1f | %.1f | %.2f | %.1f |\n", m.name, spent.requests, spent.writes, spent.reads,
			spent.dollars(), float64(took[len(took)/2].Microseconds())/1000)
		if err := said.compare(m.name, spent, m.pause > 0); err != nil {
			drifts = append(drifts, err)
		}
		for _, what := range slices.Sorted(maps.Keys(bill)) {
			one := bill[what].by(m.times)
			details += fmt.Sprintf("| %s | %s | %.1f | %.1f | %.1f |\n", m.name, what, one.requests, one.writes, one.reads)
		}
	}
	return table + "\n" + details, errors.Join(drifts...)
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
	id := uuid.NewString()
	of := "/orders/" + id
	return c.all(
		ctx, pause,
		step{http.MethodPost, "/orders", object{"orderId": id, "customerId": "ada", "items": []any{
			object{"productId": productID, "quantity": 1, "unitPrice": dollars(9)},
		}}},
		step{
			http.MethodPut, of + "/shipping-address",
			object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"},
		},
		step{http.MethodPost, of + "/place", nil},
		step{http.MethodPost, of + "/payments", object{"paymentId": "p-1", "amount": dollars(9)}},
		step{http.MethodPost, of + "/shipments", object{"trackingNumber": "T-1"}},
		step{http.MethodPost, of + "/delivery", nil},
	)
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

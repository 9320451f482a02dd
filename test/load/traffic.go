package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// How many streams the traffic is spread over. A process caches a thousand accounts, so after a while nearly all are
// cached.
const (
	accounts  = 800
	customers = 200
	products  = 20
)

// traffic is a random mix of commands and queries for the sample service.
type traffic struct {
	base string
	// run is part of all ids, so that each run has its own streams.
	run string
}

// operations is the mix. Shares are in percent.
var operations = []struct {
	share int
	make  func(traffic) (method, path string, body any)
}{
	{30, func(t traffic) (string, string, any) {
		return http.MethodPost, "/accounts/" + t.account() + "/deposits", object{"amount": dollars(1)}
	}},
	{5, func(t traffic) (string, string, any) {
		return http.MethodPost, "/transfers", object{
			"fromAccountId": t.account(), "toAccountId": t.others(), "amount": dollars(1),
		}
	}},
	{5, func(traffic) (string, string, any) {
		return http.MethodPost, "/accounts", object{"ownerName": "Load", "initialDeposit": dollars(10)}
	}},
	{20, func(t traffic) (string, string, any) {
		item := object{"productId": t.product(), "quantity": 1, "unitPrice": dollars(9)}
		return http.MethodPost, "/orders", object{"customerId": t.customer(), "items": []any{item}}
	}},
	{30, func(t traffic) (string, string, any) { return http.MethodGet, "/accounts/" + t.account(), nil }},
	{10, func(t traffic) (string, string, any) {
		return http.MethodGet, "/customers/" + t.customer() + "/orders?limit=10", nil
	}},
}

type object = map[string]any

func dollars(n int) object { return object{"amount": fmt.Sprintf("%d.00", n), "currency": "USD"} }

// Transfers go from the lower half of the accounts to the upper half, so never from an account to itself.
func (t traffic) account() string  { return t.id("account", rand.IntN(accounts/2)) }
func (t traffic) others() string   { return t.id("account", accounts/2+rand.IntN(accounts/2)) }
func (t traffic) customer() string { return t.id("customer", rand.IntN(customers)) }
func (t traffic) product() string  { return t.id("product", rand.IntN(products)) }

func (t traffic) id(kind string, n int) string { return fmt.Sprintf("%s-%s-%d", kind, t.run, n) }

// next is a [vegeta.Targeter]: it fills in the next request. It is called concurrently.
func (t traffic) next(target *vegeta.Target) error {
	dice := rand.IntN(100)
	for _, o := range operations {
		if dice -= o.share; dice < 0 {
			method, path, body := o.make(t)
			return t.request(target, method, path, body)
		}
	}
	panic("the shares of the operations do not add up to 100")
}

// request fills a target. Each command gets a new Idempotency-Key.
func (t traffic) request(target *vegeta.Target, method, path string, body any) error {
	*target = vegeta.Target{Method: method, URL: t.base + path, Header: http.Header{}}
	if body == nil {
		return nil
	}
	var err error
	target.Header.Set("Content-Type", "application/json")
	target.Header.Set("Idempotency-Key", uuid.NewString())
	target.Body, err = json.Marshal(body)
	return err
}

// prepare creates the accounts and products that the traffic uses.
func (t traffic) prepare() error {
	for n := range accounts {
		body := object{"accountId": t.id("account", n), "ownerName": "Load", "initialDeposit": dollars(1_000_000)}
		if err := t.command("/accounts", body); err != nil {
			return err
		}
	}
	for n := range products {
		body := object{"productId": t.id("product", n), "name": "Load", "unitPrice": dollars(9)}
		if err := t.command("/products", body); err != nil {
			return err
		}
	}
	return nil
}

func (t traffic) command(path string, body any) error {
	var target vegeta.Target
	if err := t.request(&target, http.MethodPost, path, body); err != nil {
		return err
	}
	status, _, err := send(&target)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("POST %s: %d", path, status)
	}
	return err
}

// send sends one request and returns the status and the header of its answer.
func send(target *vegeta.Target) (int, http.Header, error) {
	request, err := target.Request()
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Header, err
}

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// story is the work of one client: a random mix of commands. It depends on the seed and on the answers.
type story struct {
	*client
	n     int
	dice  *rand.Rand
	count int
}

func newStory(c *client, seed uint64, n int) *story {
	return &story{client: c, n: n, dice: rand.New(rand.NewPCG(seed, uint64(n)))}
}

// Clients use a set of accounts for one round and then a new set. So the history of each account is short enough to be
// checked.
const (
	accounts  = 5
	roundTime = 15 * time.Second
	opening   = 10_000 // initial balance of each account, in cents
	products  = 4
	customers = 6
)

func (s *story) command(ctx context.Context, o operation) *operation {
	s.count++
	o.Key, o.Client = fmt.Sprintf("c%d-%d", s.n, s.count), s.n
	if o.Method == "" {
		o.Method = http.MethodPost
	}
	if o.Body == nil {
		o.Body = map[string]any{}
	}
	s.send(ctx, &o, s.dice)
	return &o
}

// stock lists the products that clients order.
func (s *story) stock(ctx context.Context) error {
	for i := range products {
		id := fmt.Sprintf("p-%d", i)
		o := s.command(ctx, operation{Kind: "product listed", Path: "/products", Body: map[string]any{
			"productId": id, "name": "Product " + id, "unitPrice": money(int64(199 + 100*i)),
		}})
		if !o.acked() {
			return fmt.Errorf("list product %s: the service answered %d %s", id, o.Status, o.Answer)
		}
	}
	for id, cents := range map[string]int64{payer: 100_000_000, poorPayer: 1} {
		s.command(ctx, operation{Kind: "account opening", Path: "/accounts", To: id, Cents: cents, Body: map[string]any{
			"accountId": id, "ownerName": "Owner of " + id, "initialDeposit": money(cents),
		}})
	}
	return nil
}

// The accounts that pay orders by POST /payments. The second never covers the amount. Clients do nothing else with
// them.
const (
	payer     = "payer"
	poorPayer = "poor-payer"
)

// run sends commands until the first context ends. Before it returns, it waits for the final answer of the last
// command.
func (s *story) run(until, settle context.Context) {
	for until.Err() == nil {
		switch at := s.dice.IntN(100); {
		case at < 70:
			s.account(settle)
		case at < 80:
			s.order(until, settle)
		case at < 90:
			s.product(settle)
		default:
			s.reopen(settle)
		}
	}
}

func (s *story) accountID() string {
	return fmt.Sprintf("r%d-%d", int(s.log.now()/roundTime), s.dice.IntN(accounts))
}

// account moves money on accounts that other clients use at the same time.
func (s *story) account(ctx context.Context) {
	id, cents := s.accountID(), int64(1+s.dice.IntN(6000))
	o := operation{From: id, Cents: cents, Body: map[string]any{"amount": money(cents)}}
	switch s.dice.IntN(10) {
	case 0, 1, 2:
		o.Kind, o.Path, o.From, o.To = "account deposit", "/accounts/"+id+"/deposits", "", id
	case 3, 4:
		o.Kind, o.Path = "account withdrawal", "/accounts/"+id+"/withdrawals"
	default:
		for o.To = id; o.To == id; {
			o.To = s.accountID()
		}
		o.Kind, o.Path = "account transfer", "/transfers"
		o.Body["fromAccountId"], o.Body["toAccountId"] = id, o.To
	}
	done := s.command(ctx, o)
	if done.Status == http.StatusNotFound {
		for _, missing := range []string{o.From, o.To} {
			if missing != "" {
				s.open(ctx, missing)
			}
		}
	}
	if done.acked() && s.dice.IntN(4) == 0 {
		s.readOwnWrite(ctx, done.Done[0])
	}
}

// open opens an account. It is rejected if another client was first.
func (s *story) open(ctx context.Context, id string) {
	s.command(ctx, operation{Kind: "account opening", Path: "/accounts", To: id, Cents: opening, Body: map[string]any{
		"accountId": id, "ownerName": "Owner of " + id, "initialDeposit": money(opening),
	}})
}

// reopen tries to open an account that most likely exists.
func (s *story) reopen(ctx context.Context) { s.open(ctx, s.accountID()) }

// readOwnWrite queries an account with the consistency token of a command. An answer of an earlier version is a
// violation.
func (s *story) readOwnWrite(ctx context.Context, w written) {
	var account struct{ Version int64 }
	header := http.Header{"Consistency-Token": {fmt.Sprintf("%s@%d", w.stream, w.version)}}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	status := s.get(ctx, "/accounts/"+w.stream[len("Account#"):], header, &account)
	if status != http.StatusOK {
		s.log.add("token not answered")
		return
	}
	s.log.add("token answered")
	if account.Version < w.version {
		s.history.violated("a query with the token %s@%d answered version %d", w.stream, w.version, account.Version)
	}
}

func (s *story) product(ctx context.Context) {
	path := fmt.Sprintf("/products/p-%d", s.dice.IntN(products))
	if s.dice.IntN(3) == 0 {
		s.command(ctx, operation{
			Kind: "product price",
			Path: path + "/price",
			Body: map[string]any{"unitPrice": money(int64(100 + s.dice.IntN(900)))},
		})
		return
	}
	s.command(ctx, operation{
		Kind: "product stock", Path: path + "/stock", Body: map[string]any{"quantity": 1 + s.dice.IntN(5)},
	})
}

// town is where all orders go.
const town = "Town"

// recipient is one word, by which a search finds an order.
func recipient(orderID string) string { return "for" + strings.ReplaceAll(orderID, "-", "x") }

// payment is the index of the step that pays an order.
const payment = 2

// order creates an order and moves it through its steps until one is rejected, or the order is cancelled.
func (s *story) order(until, ctx context.Context) {
	id := fmt.Sprintf("o-%d-%d", s.n, s.count)
	var items []map[string]any
	total := int64(0)
	for _, p := range s.dice.Perm(products)[:1+s.dice.IntN(products)] {
		price, quantity := int64(100+s.dice.IntN(900)), int64(1+s.dice.IntN(3))
		items = append(items, map[string]any{
			"productId": fmt.Sprintf("p-%d", p), "quantity": quantity, "unitPrice": money(price),
		})
		total += price * quantity
	}
	created := s.command(ctx, operation{Kind: "order creation", Path: "/orders", Body: map[string]any{
		"orderId": id, "customerId": fmt.Sprintf("c-%d", s.dice.IntN(customers)), "items": items,
	}})
	if !created.acked() {
		return
	}
	path := "/orders/" + id
	cancelAt, pay := s.dice.IntN(12), s.dice.IntN(8)
	for i, step := range []operation{
		{Kind: "order address", Method: http.MethodPut, Path: path + "/shipping-address", Body: map[string]any{
			"recipient": recipient(id), "line1": "1 Road", "city": town, "country": "NL",
		}},
		{Kind: "order placing", Path: path + "/place"},
		{Kind: "order payment", Path: path + "/payments", Body: map[string]any{"paymentId": "pay-1", "amount": money(total)}},
		{Kind: "order shipment", Path: path + "/shipments", Body: map[string]any{"trackingNumber": "T1"}},
		{Kind: "order delivery", Path: path + "/delivery"},
	} {
		if until.Err() != nil {
			return
		}
		switch {
		case i == cancelAt:
			step = operation{Kind: "order cancellation", Path: path + "/cancel"}
		case i == payment && pay == 0:
			return // it is cancelled at its deadline
		case i == payment && pay <= 2:
			from := []string{poorPayer, payer}[pay-1]
			step = operation{Kind: "payment request", Path: "/payments", Body: map[string]any{"orderId": id, "accountId": from}}
		case i == payment+1 && pay <= 2: // most likely the process has paid by then
			time.Sleep(time.Duration(s.dice.IntN(2000)) * time.Millisecond)
		}
		if o := s.command(ctx, step); !o.acked() || i == cancelAt {
			return
		}
	}
}

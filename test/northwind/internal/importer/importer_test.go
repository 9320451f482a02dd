package importer

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

func load(t *testing.T) data.Northwind {
	t.Helper()
	nw, err := data.Load()
	if err != nil {
		t.Fatal(err)
	}
	return nw
}

func TestOrderCommands(t *testing.T) {
	t.Parallel()
	nw := load(t)
	commands, err := orderCommands(nw.Orders[2]) // 10250: two discounts, a region
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`POST /orders northwind-order-10250-create 1996-07-08 {"orderId":"10250","customerId":"HANAR","items":[` +
			`{"productId":"41","quantity":10,"unitPrice":{"amount":"7.70","currency":"USD"}},` +
			`{"productId":"51","quantity":35,"unitPrice":{"amount":"36.04","currency":"USD"}},` +
			`{"productId":"65","quantity":15,"unitPrice":{"amount":"14.28","currency":"USD"}}]}`,
		`PUT /orders/10250/shipping-address northwind-order-10250-address 1996-07-08 {"recipient":"Hanari Carnes",` +
			`"line1":"Rua do Paço, 67",` +
			`"city":"Rio de Janeiro","region":"RJ","postalCode":"05454-876","country":"Brazil"}`,
		`POST /orders/10250/place northwind-order-10250-place 1996-07-08 null`,
		`POST /orders/10250/payments northwind-order-10250-pay 1996-07-08 {"paymentId":"NW-10250",` +
			`"amount":{"amount":"1552.60","currency":"USD"}}`,
		`POST /orders/10250/shipments northwind-order-10250-ship 1996-07-12 {"trackingNumber":"NW-10250"}`,
	}
	if got := spelled(t, commands); !slices.Equal(got, want) {
		t.Errorf("commands of the order:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	commands, err = orderCommands(nw.Orders[829])
	if err != nil || len(commands) != 4 {
		t.Errorf("order 11077, never shipped: %d commands, %v", len(commands), err)
	}
}

func TestProductCommands(t *testing.T) {
	t.Parallel()
	nw := load(t)
	got := spelled(t, productCommands(nw.Products[0], unitsShipped(nw)["1"], nw.FirstDay()))
	want := []string{
		`POST /products northwind-product-1-list 1996-07-04 {"productId":"1","name":"Chai","unitPrice":{"amount":"18.00",` +
			`"currency":"USD"}}`,
		`POST /products/1/stock northwind-product-1-stock 1996-07-04 {"quantity":827}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("commands of a product:\n%s", strings.Join(got, "\n"))
	}
	if none := productCommands(data.Product{ID: "9"}, 0, nw.FirstDay()); len(none) != 1 {
		t.Errorf("no units: %d commands", len(none))
	}
}

// The importer and package expect compute totals independently: they must agree on every order.
func TestPaymentsAreTheExpectedTotals(t *testing.T) {
	t.Parallel()
	nw := load(t)
	want, err := expect.From(nw)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for i, o := range nw.Orders {
		commands, err := orderCommands(o)
		if err != nil {
			t.Fatal(err)
		}
		if paid := commands[3].Body.(payment).Amount.Amount; paid != want.Orders[i].Total.String() {
			t.Errorf("order %s: %s paid, %s expected", o.ID, paid, want.Orders[i].Total)
		}
		for _, cmd := range commands {
			keys[cmd.Key] = true
		}
	}
	if len(keys) != 830*4+809 {
		t.Errorf("%d idempotency keys: some commands have the same", len(keys))
	}
}

// service records the commands that it is sent.
type service struct {
	events  int    // that each answer has
	refuse  string // the key of the command that is answered with failing
	failing error

	mu   sync.Mutex
	sent []string
}

func (s *service) Send(_ context.Context, cmd client.Command) (client.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, cmd.Key)
	if cmd.Key == s.refuse {
		return client.Answer{}, s.failing
	}
	return client.Answer{Events: make([]client.Event, s.events)}, nil
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Add() { c.mu.Lock(); c.n++; c.mu.Unlock() }

func TestRun(t *testing.T) {
	t.Parallel()
	nw := load(t)
	nw.Orders = nw.Orders[:20]
	s, products, orders := &service{events: 2}, &counter{}, &counter{}
	i := Importer{Sender: s, AtOnce: 4, Products: products, Orders: orders}
	if err := i.Run(t.Context(), nw); err != nil {
		t.Fatal(err)
	}
	if products.n != 77 || orders.n != 20 ||
		i.Tally() != (Tally{Orders: 20, Commands: len(s.sent), Events: 2 * len(s.sent)}) {
		t.Errorf("bars at %d and %d, %+v", products.n, orders.n, i.Tally())
	}
	last := map[string]int{}
	for at, key := range s.sent {
		last[key] = at
	}
	for _, o := range nw.Orders {
		previous := 76 // after the products
		for _, step := range []string{"create", "address", "place", "pay", "ship"} {
			at, there := last[key("order", o.ID, step)]
			if !there || at <= previous {
				t.Errorf("order %s: %s at %d after %d", o.ID, step, at, previous)
			}
			previous = at
		}
	}
}

func TestRunEndsAtARefusal(t *testing.T) {
	t.Parallel()
	refused := &client.StatusError{Status: 409, Body: `{"type":"https://example.org/problems/already-exists"}`}
	s := &service{refuse: "northwind-product-5-list", failing: refused}
	i := Importer{Sender: s, AtOnce: 1, Products: &counter{}, Orders: &counter{}}
	err := i.Run(t.Context(), load(t))
	if !errors.Is(err, refused) || !strings.Contains(err.Error(), "has forgotten") {
		t.Errorf("import with a refused command: %v, want the refusal", err)
	}
	if len(s.sent) > 11 {
		t.Errorf("%d commands sent, want at most 11", len(s.sent))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	i := Importer{Sender: &service{}, AtOnce: 2, Products: &counter{}, Orders: &counter{}}
	if err := i.Run(ctx, load(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("import with a canceled context: %v, want context.Canceled", err)
	}
}

func spelled(t *testing.T, commands []client.Command) []string {
	t.Helper()
	var all []string
	for _, c := range commands {
		body, err := json.Marshal(c.Body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all,
			strings.Join([]string{c.Method, c.Path, c.Key, c.OccurredAt.Format("2006-01-02"), string(body)}, " "))
	}
	return all
}

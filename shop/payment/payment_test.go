package payment_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/payment"
	"github.com/annals-es/annals/shop/product"
)

var update = flag.Bool("update", false, "write the golden files")

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func TestGolden(t *testing.T) {
	t.Parallel()
	estest.For(payment.Aggregate).Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		payment.PaymentRequested{OrderID: "o-1", CustomerID: "ada", AccountID: "acc-1"},
		payment.StockReserved{Amount: usd("15")},
		payment.AmountRefused{Reason: "insufficient-funds"},
		payment.PayerReminded{},
		payment.AmountTaken{Amount: usd("15")},
		payment.OrderLost{},
		payment.AmountReturned{},
		payment.AmountOwed{Reason: "not-open"},
		payment.PaymentGivenUp{Reason: "not paid in time"},
	)
}

// world is a shop with 10 teas at 5 USD and an account, in a test.
type world struct {
	t *testing.T
	*annalstest.Service
}

func newWorld(t *testing.T, hostile uint64, balance string) world {
	t.Helper()
	w := world{t, annalstest.Run(t, shop.New(), annalstest.Config{Hostile: hostile})}
	w.do("POST /products", `{"productId":"tea","name":"Tea","unitPrice":{"amount":"5","currency":"USD"}}`, http.StatusCreated)
	w.do("POST /products/tea/stock", `{"quantity":10}`, http.StatusOK)
	w.do("POST /accounts", fmt.Sprintf(
		`{"accountId":"acc","ownerName":"Ann","initialDeposit":{"amount":%q,"currency":"USD"}}`, balance), http.StatusCreated)
	return w
}

func (w world) try(route, body string) (int, string) {
	w.t.Helper()
	ctx := annalshttp.WithPrincipal(w.t.Context(), "ann", "shop/command", "shop/query", "shop/operate")
	out := w.As(w.t, ctx, route, body)
	return out.Code, out.Body.String()
}

func (w world) do(route, body string, status int) {
	w.t.Helper()
	if code, out := w.try(route, body); code != status {
		w.t.Fatalf("%s: %d %s, want %d", route, code, out, status)
	}
}

// place creates and places an order of some teas.
func (w world) place(id string, teas int) {
	w.t.Helper()
	w.do("POST /orders", fmt.Sprintf(
		`{"orderId":%q,"customerId":"ann","items":[{"productId":"tea","quantity":%d}]}`, id, teas), http.StatusCreated)
	w.do("PUT /orders/"+id+"/shipping-address", `{"recipient":"Ann","line1":"1 Road","city":"Reims","country":"France"}`,
		http.StatusOK)
	w.do("POST /orders/"+id+"/place", "", http.StatusOK)
}

func (w world) pay(id string) {
	w.t.Helper()
	w.do("POST /payments", fmt.Sprintf(`{"orderId":%q,"accountId":"acc"}`, id), http.StatusOK)
}

// stateOf is the state of an aggregate.
func stateOf[S, E any](w world, a es.Aggregate[S, E], id string) S {
	w.t.Helper()
	loaded, err := annals.RepositoryOf(w.Running, a).Load(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return loaded.State
}

func (w world) payment(id string) payment.State { return stateOf(w, payment.Aggregate, id) }
func (w world) order(id string) order.State     { return stateOf(w, order.Aggregate, id) }
func (w world) account() account.State          { return stateOf(w, account.Aggregate, "acc") }
func (w world) tea() product.State              { return stateOf(w, product.Aggregate, "tea") }

// want compares a payment, its order, the account's balance and the free teas.
func (w world) want(id string, p payment.Status, o order.Status, balance string, free int) {
	w.t.Helper()
	got := fmt.Sprint(w.payment(id).Status, " ", w.order(id).Status, " ", w.account().Balance.Amount(), " ", w.tea().Free())
	if want := fmt.Sprint(p, " ", o, " ", balance, " ", free); got != want {
		w.t.Errorf("payment of %s, order, balance, free: %s, want %s; reason %q", id, got, want, w.payment(id).Reason)
	}
}

// TestPay: the life of payments, each with its end.
func TestPay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		for name, test := range map[string]func(w world){
			"paid at once": func(w world) {
				w.place("o", 3)
				w.pay("o")
				w.want("o", payment.Taken, order.StatusPaid, "85.00", 7)
				w.do("POST /orders/o/shipments", `{"trackingNumber":"T"}`, http.StatusOK)
				w.want("o", payment.Taken, order.StatusShipped, "85.00", 7)
			},
			"cancelled after it was paid: money and stock come back": func(w world) {
				w.place("o", 3)
				w.pay("o")
				w.do("POST /orders/o/cancel", "", http.StatusOK)
				w.want("o", payment.Returned, order.StatusCancelled, "100.00", 10)
			},
			"reminded, and then covered": func(w world) {
				w.place("o", 10)
				w.do("POST /accounts/acc/withdrawals", `{"amount":{"amount":"60","currency":"USD"}}`, http.StatusOK)
				w.pay("o")
				w.want("o", payment.Refused, order.StatusPlaced, "40.00", 0)
				w.do("POST /accounts/acc/deposits", `{"amount":{"amount":"10","currency":"USD"}}`, http.StatusOK)
				w.Advance(w.t, 23*time.Hour)
				w.want("o", payment.Refused, order.StatusPlaced, "50.00", 0)
				w.Advance(w.t, time.Hour)
				w.want("o", payment.Taken, order.StatusPaid, "0.00", 0)
			},
			"never covered: cancelled in the end, and the stock comes back": func(w world) {
				w.place("o", 10)
				w.do("POST /accounts/acc/withdrawals", `{"amount":{"amount":"60","currency":"USD"}}`, http.StatusOK)
				w.pay("o")
				w.Advance(w.t, 25*time.Hour)
				w.Advance(w.t, 25*time.Hour)
				if got := w.payment("o").Reminders; got != 2 {
					w.t.Errorf("%d reminders, want 2", got)
				}
				w.Advance(w.t, 25*time.Hour)
				w.want("o", payment.GivenUp, order.StatusCancelled, "40.00", 10)
			},
			"cancelled while it waits": func(w world) {
				w.place("o", 10)
				w.do("POST /accounts/acc/withdrawals", `{"amount":{"amount":"60","currency":"USD"}}`, http.StatusOK)
				w.pay("o")
				w.do("POST /orders/o/cancel", "", http.StatusOK)
				w.want("o", payment.GivenUp, order.StatusCancelled, "40.00", 10)
			},
			"paid in another way while it waits: the stock stays reserved": func(w world) {
				w.place("o", 4)
				w.do("POST /accounts/acc/withdrawals", `{"amount":{"amount":"90","currency":"USD"}}`, http.StatusOK)
				w.pay("o")
				w.do("POST /orders/o/payments", `{"paymentId":"p","amount":{"amount":"20","currency":"USD"}}`, http.StatusOK)
				w.Advance(w.t, 25*time.Hour)
				w.want("o", payment.GivenUp, order.StatusPaid, "10.00", 6)
			},
			"cancelled, and the account is closed: the money is owed": func(w world) {
				w.place("o", 3)
				w.pay("o")
				w.do("POST /accounts/acc/withdrawals", `{"amount":{"amount":"85","currency":"USD"}}`, http.StatusOK)
				w.do("POST /accounts/acc/close", "", http.StatusOK)
				w.do("POST /orders/o/cancel", "", http.StatusOK)
				w.want("o", payment.Owed, order.StatusCancelled, "0.00", 10)
			},
			"too little stock": func(w world) {
				w.place("o", 11)
				w.pay("o")
				w.want("o", payment.GivenUp, order.StatusPlaced, "100.00", 10)
				if got := w.payment("o").Reason; got != "product tea: insufficient-stock" {
					w.t.Errorf("given up: %s", got)
				}
			},
			"twice": func(w world) {
				w.place("o", 3)
				w.pay("o")
				if code, out := w.try("POST /payments", `{"orderId":"o","accountId":"acc"}`); code != http.StatusUnprocessableEntity {
					w.t.Errorf("paid again: %d %s", code, out)
				}
				w.want("o", payment.Taken, order.StatusPaid, "85.00", 7)
			},
		} {
			t.Run(fmt.Sprint(name, "/", seed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, seed, "100")
				test(w)
				if got := w.Deadlines(t); len(got) > 0 && !strings.HasPrefix(name, "too little") {
					t.Errorf("open deadlines in the end: %v", got)
				}
			})
		}
	}
}

// TestPayHostile: orders are placed, paid, cancelled and shipped in any order, while events come repeatedly and
// reordered. Money and stock add up.
func TestPayHostile(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			payHostile(t, seed)
		})
	}
}

func payHostile(t *testing.T, seed uint64) {
	r, w := rand.New(rand.NewPCG(seed, 2)), newWorld(t, seed+1, "40")
	ids := []string{"a", "b", "c", "d", "e"}
	for _, id := range ids {
		w.place(id, 1+r.IntN(4))
	}
	deposited := 40
	for range 60 {
		id := ids[r.IntN(len(ids))]
		var body any
		route := ""
		switch r.IntN(7) {
		case 0, 1:
			route, body = "POST /payments", map[string]string{"orderId": id, "accountId": "acc"}
		case 2:
			if r.IntN(3) == 0 {
				route = "POST /orders/" + id + "/cancel"
			}
		case 3:
			if r.IntN(3) == 0 {
				route, body = "POST /orders/"+id+"/shipments", map[string]string{"trackingNumber": "T"}
			}
		case 4:
			route, body = "POST /accounts/acc/deposits", map[string]any{"amount": map[string]string{"amount": "5", "currency": "USD"}}
		case 5:
			if r.IntN(3) == 0 {
				route, body = "POST /orders/"+id+"/payments", map[string]any{
					"paymentId": fmt.Sprint("p", r.IntN(100)), "amount": map[string]string{"amount": "5", "currency": "USD"},
				}
			}
		case 6:
			w.Advance(t, time.Duration(r.IntN(20))*time.Hour)
		}
		if route == "" {
			continue
		}
		text := ""
		if body != nil {
			encoded, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			text = string(encoded)
		}
		if code, out := w.try(route, text); code >= 500 {
			t.Fatalf("%s: %d %s", route, code, out)
		} else if code < 300 && strings.HasSuffix(route, "deposits") {
			deposited += 5
		}
	}
	w.Advance(t, 100*time.Hour)
	w.Advance(t, 100*time.Hour)
	w.addUp(ids, deposited)
}

// addUp checks that money and stock add up once no deadline is open.
func (w world) addUp(ids []string, deposited int) {
	w.t.Helper()
	tea, total := w.tea(), w.account().Balance
	for _, id := range ids {
		o := w.order(id)
		switch o.Status {
		case order.StatusCancelled:
			if n := tea.Reserved[id]; n > 0 {
				w.t.Errorf("order %s is cancelled, and %d teas are reserved for it", id, n)
			}
			continue
		case order.StatusDraft, order.StatusPlaced:
			w.t.Errorf("order %s is still placed after its deadline", id)
		case order.StatusShipped, order.StatusDelivered:
		case order.StatusPaid:
			if tea.Reserved[id] != o.Items[0].Quantity && len(o.ShortOf) == 0 {
				w.t.Errorf("order %s is paid, and %d teas are reserved for it", id, tea.Reserved[id])
			}
		}
		for _, p := range o.Payments {
			if strings.HasPrefix(p.PaymentID, "account-") {
				total = money.Must(total.Add(p.Amount))
			}
		}
	}
	if want := usd(fmt.Sprint(deposited)); !total.Equal(want) {
		w.t.Errorf("balance and payments are %s, want %s", total, want)
	}
	if open := w.Deadlines(w.t); len(open) > 0 {
		w.t.Errorf("open deadlines in the end: %v", open)
	}
}

// TestPayerOwns: a customer sees the payment of their order, also if an operator requested one before; others don't.
func TestPayerOwns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, "0")
	w.place("o", 1)
	as := func(who, route, body string, scopes ...string) (int, string) {
		t.Helper()
		out := w.As(t, annalshttp.WithPrincipal(t.Context(), who, append(scopes, "shop/command", "shop/query")...), route, body)
		return out.Code, out.Body.String()
	}
	if code, out := as("op", "POST /payments", `{"orderId":"o","accountId":"acc"}`, "shop/operate"); code != http.StatusOK {
		t.Fatalf("an operator pays: %d %s", code, out)
	}
	for who, want := range map[string]int{"ann": http.StatusOK, "bob": http.StatusNotFound} {
		if code, out := as(who, "GET /streams/Payment/o", ""); code != want {
			t.Errorf("%s reads the payment: %d %s, want %d", who, code, out, want)
		}
	}
	w.do("POST /orders/o/cancel", "", http.StatusOK)
	w.place("mine", 1)
	if code, out := as("ann", "POST /payments", `{"orderId":"mine","accountId":"acc"}`); code != http.StatusOK ||
		!strings.Contains(out, `"id":"mine","version":1`) {
		t.Errorf("a customer pays: %d %s", code, out)
	}
	if code, out := as("bob", "POST /payments", `{"orderId":"mine","accountId":"acc"}`); code != http.StatusNotFound {
		t.Errorf("another customer pays from the account: %d %s", code, out)
	}
}

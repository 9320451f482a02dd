package readmodel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

// allAnswers are the answers of all queries, including those about accounts, as they are sent.
func allAnswers(t *testing.T, m *models) map[string]string {
	t.Helper()
	out := answers(t, m)
	for _, id := range []string{"a", "b"} {
		out["account "+id] = got[readmodel.Account](t)(m.Account(t.Context(), id))
		out["statement "+id] = got[movementPage](t)(m.Statement(t.Context(), id, pageOf{Limit: 100}))
	}
	sent := map[string]string{}
	for query, answer := range out {
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		sent[query] = string(text)
	}
	return sent
}

// TestReplaced: replaced read models are fed and read until their successors are filled, and no longer. The answers are
// the same.
func TestReplaced(t *testing.T) {
	t.Parallel()
	w, rng := newStore(), rand.New(rand.NewPCG(1, 7))
	w.now = time.Now()
	for i := range 3 {
		id := fmt.Sprint("product", i)
		create(t, w, w.products, id, func() ([]product.Event, error) { return product.List(id, id, usd("2.00")) })
		do(t, w.products, id, func(s product.State) ([]product.Event, error) { return s.ReceiveStock(i + 1) })
	}
	for _, id := range []string{"a", "b"} {
		create(t, w, w.accounts, id, func() ([]account.Event, error) { return account.Open(id, "Ann Lee", "", usd("5.00")) })
		do(t, w.accounts, id, func(s account.State) ([]account.Event, error) { return s.Withdraw(usd("1.50"), "rent") })
	}
	for i := range 12 {
		w.randomOrder(t, rng, fmt.Sprint("order", i))
	}
	later := -time.Hour
	now := func() time.Time { return time.Now().Add(later) }
	models := openModels(t, w.store, dynamotest.Client(t), newTables(t), now, nil)
	engine := func(subs ...projection.Subscription) *projection.Engine {
		return projection.NewEngine(w.store, models.catalog, projection.Config{Now: now}, subs...)
	}
	former := slices.DeleteFunc(slices.Clone(models.Subscriptions), func(s projection.Subscription) bool {
		return len(s.Replaces) > 0
	})
	w.engine = engine(former...) // as an earlier version of the code had it, an hour ago
	w.project(t)
	later = 0
	// same checks the answers, and which read model gives them.
	same := func(when string, replaced bool) {
		t.Helper()
		plain, e := newModels(t, w.store)
		if failed := e.Apply(t.Context(), w.commits(t)); len(failed) > 0 {
			t.Fatal(failed)
		}
		if diff := gocmp.Diff(allAnswers(t, plain), allAnswers(t, models)); diff != "" {
			t.Errorf("%s: answers (-fresh +got):\n%s", when, diff)
		}
		for query, by := range map[string]struct{ former, now string }{
			"get-account": {"account-summary", "accounts"}, "get-statement": {"account-statement", "accounts"},
			"get-order": {"order-summary", "orders"}, "list-orders": {"active-orders", "orders"},
			"list-customer-orders": {"customer-orders", "orders"}, "get-product": {"product-catalog", "product-catalog"},
			"get-product-inventory": {"product-inventory", "product-counts"},
			"get-product-sales":     {"product-sales", "product-counts"},
			"top-product-sales":     {"product-sales", "product-counts"},
		} {
			want := by.now
			if replaced {
				want = by.former
			}
			if r, err := models.reading(t.Context(), query); err != nil || r.Projection != want {
				t.Errorf("%s: %s is answered by %q, %v, want %q", when, query, r.Projection, err, want)
			}
		}
	}
	same("before anybody feeds the new ones", true)
	w.engine = engine(models.Subscriptions...)
	if err := w.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(t, w.accounts, "a", func(s account.State) ([]account.Event, error) { return s.Deposit(usd("9.00"), "") })
	w.live(t, "order12", "customer0", []order.Item{item("product1", 2, "2.00")})
	place(t, w, "order12")
	w.project(t)
	same("until they are filled", true)

	first := got[movementPage](t)(models.Statement(t.Context(), "a", pageOf{Limit: 1}))
	next := pageOf{Limit: 5, Cursor: first.Next}
	if rest, err := models.Statement(t.Context(), "a", next); err != nil || len(rest.Items) != 2 {
		t.Errorf("next page of a list of the replaced read model: %+v, %v", rest, err)
	}
	if err := projection.NewRebuilder(w.engine, w.store, projection.RebuildConfig{}).FillNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	later = 2 * projection.RecordCacheAge
	same("once they are filled", false)
	if _, err := models.Statement(t.Context(), "a", next); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("next page of a list of the replaced read model: %v, want ErrCursor", err)
	}
	later = time.Hour
	do(t, w.accounts, "a", func(s account.State) ([]account.Event, error) { return s.Deposit(usd("1.00"), "") })
	w.project(t)
	same("later", false)
	a := account.Aggregate.Stream("a")
	at, err := models.views["account-summary"].Checkpoints(t.Context(), 1, a)
	if err != nil || at[a].Version != 3 {
		t.Errorf("the replaced read model is still projected: %+v, %v", at[a], err)
	}
}

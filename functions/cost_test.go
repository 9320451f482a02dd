package functions_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/test/measured"
)

const performance = "../docs/performance.md"

// newMeteredService is a service whose requests are counted.
func newMeteredService(t *testing.T) (*service, *dynamotest.Meter) {
	t.Helper()
	meter := &dynamotest.Meter{}
	return newServiceOn(t, dynamotest.Client(t, annalslambda.Punctual, meter.Metered)), meter
}

// TestRouteCosts counts what each route sends, at the wire: commands on aggregates that the process has in memory,
// queries in a process that knows which generations serve.
func TestRouteCosts(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	table := measured.Table{measured.CostHeader}
	count := func(name, target, body string, headers ...string) {
		t.Helper()
		meter.Take()
		s.ok(t, target, body, headers...)
		table = append(table, measured.Cost(name, meter.Take()))
	}
	s.ok(t, "POST /accounts", opened)
	count("open-account, with an e-mail address", "POST /accounts",
		`{"accountId":"a-2","ownerName":"Bob","initialDeposit":{"amount":"0","currency":"USD"},"email":"bob@example.org"}`)
	count("open-account", "POST /accounts", `{"accountId":"a-3","ownerName":"Eve","initialDeposit":{"amount":"0",`+
		`"currency":"USD"}}`)
	count("deposit-money", "POST /accounts/a-1/deposits", usd5)
	count("withdraw-money", "POST /accounts/a-1/withdrawals", usd5)
	count("transfer-money", "POST /transfers", `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"1",`+
		`"currency":"USD"}}`)
	count("list-product", "POST /products", listedP)
	count("receive-stock", "POST /products/p/stock", `{"quantity":10}`)
	count("change-price", "POST /products/p/price", `{"unitPrice":{"amount":"3","currency":"USD"}}`)
	s.order(t, "o-0") // now the process knows which generation of the catalog serves
	count("create-order, with an item", "POST /orders",
		`{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":3,"unitPrice":{"amount":"2",`+
			`"currency":"USD"}}]}`)
	count("set-shipping-address", "PUT /orders/o/shipping-address", addressJ)
	count("place-order", "POST /orders/o/place", "")
	placed := "Order#o@4"
	s.as(t, "c", "POST /orders", orderFor("o-2", "c")).is(t, "201")
	s.project(t)

	// Which generations serve is read again every two seconds. It was read just now, so no count has that in it.
	fresh := func(read func(attempt int)) {
		for attempt := 0; meter.Take().Requests["Query"] == 0; attempt++ {
			time.Sleep(20 * time.Millisecond)
			read(attempt)
		}
	}
	freshQueries := func() { fresh(func(int) { s.ok(t, "GET /orders/o", "") }) }
	freshQueries()
	count("get-account", "GET /accounts/a-1", "")
	count("get-account, as of version 2", "GET /accounts/a-1?version=2", "") // which reads the owner's key, once a process
	count("get-account, as of version 2, again", "GET /accounts/a-1?version=2", "")
	count("get-statement", "GET /accounts/a-1/statement", "")
	count("get-order", "GET /orders/o", "")
	count("get-order, with the token of a command", "GET /orders/o", "", token(placed))
	count("list-orders", "GET /orders?status=active", "")
	count("list-customer-orders", "GET /customers/c/orders", "")
	count("list-customer-orders, with the token of a command", "GET /customers/c/orders", "", token(placed))
	count("get-product", "GET /products/p", "")
	count("get-product-inventory", "GET /products/p/inventory", "")
	count("get-product-sales", "GET /products/p/sales", "")
	count("top-product-sales", "GET /products/sales", "")
	count("get-stream", "GET /streams/Account/a-1", "")
	fresh(func(attempt int) { s.order(t, fmt.Sprint("fresh-", attempt)) })
	freshQueries()
	for _, test := range []struct{ name, target, body string }{
		{"get-order, by a customer", "GET /orders/o", ""},
		{"get-order, by a customer, again", "GET /orders/o", ""},
		{"add-item, by a customer", "POST /orders/o-2/items", itemP},
		{"add-item, by a customer, again", "POST /orders/o-2/items", itemP},
	} {
		meter.Take()
		s.as(t, "c", test.target, test.body).is(t, "200")
		table = append(table, measured.Cost(test.name, meter.Take()))
	}
	measured.Compare(t, performance, table)
}

// TestProjectionCosts counts what the projector sends, at the wire: first for each read model alone, for an event of a
// stream whose checkpoint the process remembers; then for whole batches, with all that belongs to them.
func TestProjectionCosts(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	table := measured.Table{measured.CostHeader}
	count := func(name string, do func()) {
		meter.Take()
		do()
		table = append(table, measured.Cost(name, meter.Take()))
	}
	seen, store := map[es.StreamID]int64{}, s.events(t)
	// news are the commits since it was called last, and their items.
	news := func() (commits []es.Commit, items []map[string]types.AttributeValue) {
		for _, item := range s.commits(t) {
			c, err := dynamostore.Decode(item)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Open(t.Context(), &c); err != nil {
				t.Fatal(err)
			}
			if c.Version > seen[c.Stream] {
				commits, items = append(commits, c), append(items, item)
			}
		}
		for i := range commits {
			seen[commits[i].Stream] = max(seen[commits[i].Stream], commits[i].Version)
		}
		return commits, items
	}

	// read once a batch, not once a read model
	catalog := dynamoview.NewCatalog(dynamotest.Client(t), s.Tables.Of(annalsaws.Projections))
	engines := map[string]*projection.Engine{}
	for _, sub := range s.subscriptions() {
		name := sub.Projection.Name()
		if !declared.ReadModel(name).Replaced {
			engines[name] = projection.NewEngine(store, catalog, projection.Config{}, sub)
		}
	}
	apply := func(commits []es.Commit, models ...string) {
		for _, model := range models {
			if failed := engines[model].Apply(t.Context(), commits); len(failed) > 0 {
				t.Fatal(model, failed)
			}
		}
	}
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /products", listedP)
	s.order(t, "o")
	before, _ := news()
	apply(before, slices.Collect(maps.Keys(engines))...)
	for _, test := range []struct {
		event, target, body string
		models              []string
	}{
		{"MoneyDeposited", "POST /accounts/a-1/deposits", usd5, []string{"accounts"}},
		{"OrderPlaced", "POST /orders/o/place", "", []string{"orders", "product-counts"}},
		{"StockReceived", "POST /products/p/stock", `{"quantity":10}`, []string{"product-catalog", "product-counts"}},
	} {
		s.ok(t, test.target, test.body)
		commits, _ := news()
		for _, model := range test.models {
			count(model+", "+test.event, func() { apply(commits, model) })
		}
	}

	deliver := func(items []map[string]types.AttributeValue) {
		var records []record
		for i, item := range items {
			records = append(records, newRecord("INSERT", fmt.Sprint(i+1), item))
		}
		if failed := s.deliver(t, records...); len(failed) > 0 {
			t.Fatalf("deliver the commits: items %v failed; log:\n%s", failed, s.log)
		}
	}
	project := func() {
		_, items := news()
		deliver(items)
	}
	batch := func(name string, commands func()) {
		commands()
		_, items := news()
		count("batch of "+name, func() { deliver(items) })
	}
	deposit := func(n int) {
		for i := range n {
			s.ok(t, fmt.Sprintf("POST /accounts/b-%d/deposits", i), usd5)
		}
	}
	s.project(t) // makes the generations' records
	batch("100 new accounts", func() {
		for i := range 100 {
			s.ok(t, "POST /accounts",
				fmt.Sprintf(`{"accountId":"b-%d","ownerName":"Ada","initialDeposit":{"amount":"10","currency":"USD"}}`, i))
		}
	})
	batch("1 deposit", func() { deposit(1) })
	batch("100 deposits on 100 accounts", func() { deposit(100) })
	batch("100 deposits on 1 account", func() {
		for range 100 {
			deposit(1)
		}
	})
	batch("1 order", func() {
		s.order(t, "o-1")
		project()
		s.ok(t, "POST /orders/o-1/place", "")
	})
	batch("100 orders of 1 product", func() {
		for i := range 100 {
			s.order(t, fmt.Sprintf("p-%d", i))
		}
		project()
		for i := range 100 {
			s.ok(t, fmt.Sprintf("POST /orders/p-%d/place", i), "")
		}
	})
	var err error
	if s.projector, err = s.Projector(); err != nil {
		t.Fatal(err)
	}
	batch("100 deposits on 100 accounts, cold", func() { deposit(100) })
	measured.Compare(t, performance, table)
}

// order makes an order of one product that can be placed.
func (s *service) order(t *testing.T, id string) {
	t.Helper()
	s.ok(t, "POST /orders", `{"orderId":"`+id+`","customerId":"c","items":[{"productId":"p","quantity":3,`+
		`"unitPrice":{"amount":"2","currency":"USD"}}]}`)
	s.ok(t, "PUT /orders/"+id+"/shipping-address", addressJ)
}

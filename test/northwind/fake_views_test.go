package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// views are the read models.
type views struct {
	seen     int // events of the log
	orders   map[string]map[string]any
	products map[string]*stock
}

// stock is a product in the read models.
type stock struct {
	id, name                                 string
	price, revenue                           expect.Cents
	received, ordered, shipped, orders, sold int
}

func newViews() views {
	return views{orders: map[string]map[string]any{}, products: map[string]*stock{}}
}

func (v *views) product(id string) *stock {
	if v.products[id] == nil {
		v.products[id] = &stock{id: id}
	}
	return v.products[id]
}

// apply folds one event into all read models.
func (v *views) apply(e event) {
	at := e.at.Format(time.RFC3339)
	o := v.orders[e.id]
	switch e.kind {
	case "ProductListed":
		p := v.product(e.id)
		p.name, p.price = e.name, e.price
	case "StockReceived":
		v.product(e.id).received += e.units
	case "OrderCreated":
		v.orders[e.id] = map[string]any{
			"orderId": e.id, "customerId": e.customer, "itemCount": 0,
			"cents": expect.Cents(0), "status": "draft", "createdAt": at,
		}
	case "ItemAdded":
		o["itemCount"] = o["itemCount"].(int) + e.units
		o["cents"] = o["cents"].(expect.Cents) + e.price*expect.Cents(e.units)
	case "OrderPlaced":
		o["status"], o["placedAt"] = "placed", at
		counted := map[string]bool{}
		for _, i := range e.items {
			p := v.product(i.product)
			p.ordered, p.sold, p.revenue = p.ordered+i.units, p.sold+i.units, p.revenue+i.price*expect.Cents(i.units)
			if !counted[i.product] {
				counted[i.product] = true
				p.orders++
			}
		}
	case "PaymentReceived":
		o["status"], o["paidAt"] = "paid", at
	case "OrderShipped":
		o["status"], o["shippedAt"], o["trackingNumber"] = "shipped", at, e.tracking
		for _, i := range e.items {
			v.product(i.product).shipped += i.units
		}
	}
}

// query lets the read models catch up a little and answers from them.
func (f *fakeService) query(w http.ResponseWriter, r *http.Request) {
	end := max(len(f.log)-f.withhold, 0)
	if f.perQuery > 0 {
		end = min(end, f.views.seen+f.perQuery)
	}
	for ; f.views.seen < end; f.views.seen++ {
		f.views.apply(f.log[f.views.seen])
	}
	answer := f.views.answer(strings.Split(strings.Trim(r.URL.Path, "/"), "/"), r.URL.Query())
	if answer == nil {
		respond(w, 404, []byte(`{"type":"not-found"}`))
		return
	}
	text, _ := json.Marshal(answer)
	if f.tamper != nil {
		var body map[string]any
		_ = json.Unmarshal(text, &body) // made two lines above
		f.tamper(r.URL.Path, body)
		text, _ = json.Marshal(body)
	}
	respond(w, 200, text)
}

// answer returns nil if there is nothing at the path.
func (v *views) answer(path []string, query url.Values) any {
	switch {
	case path[0] == "orders" && len(path) == 1:
		return page(v.list(func(o map[string]any) bool { return o["placedAt"] != nil }, 1), query)
	case path[0] == "orders" && v.orders[path[1]] != nil:
		return summary(v.orders[path[1]])
	case path[0] == "customers":
		return page(v.list(func(o map[string]any) bool { return o["customerId"] == path[1] }, -1), query)
	case path[1] == "sales":
		ranked := slices.SortedFunc(maps.Values(v.products), func(a, b *stock) int {
			return cmp.Compare(b.revenue, a.revenue)
		})
		items := []map[string]any{}
		for _, p := range ranked {
			items = append(items, p.sales())
		}
		return map[string]any{"items": items}
	case v.products[path[1]] == nil || v.products[path[1]].name == "":
		return nil
	}
	p := v.products[path[1]]
	switch strings.Join(path[2:], "/") {
	case "inventory":
		return map[string]any{
			"received": p.received, "ordered": p.ordered, "shipped": p.shipped,
			"onHand": p.received - p.shipped, "available": p.received - p.ordered,
		}
	case "sales":
		return p.sales()
	}
	return map[string]any{"productId": p.id, "name": p.name, "unitPrice": dollars(p.price)}
}

func (p *stock) sales() map[string]any {
	return map[string]any{"productId": p.id, "orders": p.orders, "units": p.sold, "revenue": dollars(p.revenue)}
}

// list returns the orders that belong to a list, by day: ascending if direction is 1, descending if it is -1.
func (v *views) list(belongs func(map[string]any) bool, direction int) []map[string]any {
	items := []map[string]any{}
	for _, o := range v.orders {
		if belongs(o) {
			items = append(items, summary(o))
		}
	}
	slices.SortFunc(items, func(a, b map[string]any) int {
		return direction * cmp.Or(strings.Compare(a["createdAt"].(string), b["createdAt"].(string)),
			strings.Compare(a["orderId"].(string), b["orderId"].(string)))
	})
	return items
}

func page(items []map[string]any, query url.Values) map[string]any {
	limit, _ := strconv.Atoi(query.Get("limit"))
	from, _ := strconv.Atoi(query.Get("cursor")) // no cursor: the beginning
	end := min(from+limit, len(items))
	p := map[string]any{"items": items[from:end]}
	if end < len(items) {
		p["next"] = strconv.Itoa(end)
	}
	return p
}

func summary(o map[string]any) map[string]any {
	s := maps.Clone(o)
	s["total"] = dollars(o["cents"].(expect.Cents))
	delete(s, "cents")
	return s
}

func dollars(c expect.Cents) amount { return amount{Amount: c.String(), Currency: "USD"} }

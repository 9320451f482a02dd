package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/email"
)

// expected maps the paths of queries to the fields of their answers that are compared. The values come from a plain
// fold of all events, without the code of the service.
type expected map[string]map[string]any

// level is how long read models may take to catch up after the faults have stopped.
const level = 2 * time.Minute

// checkModels repeats every query until its answer is what a plain fold of the events gives. It returns how many
// answers it compared, and a text for each that stayed wrong.
func (c *client) checkModels(ctx context.Context, s *stored) (compared int, wrong []string) {
	want := s.fold()
	end := time.Now().Add(level)
	paths := slices.Sorted(maps.Keys(want))
	for _, path := range paths {
		for {
			got, status := c.answer(ctx, path)
			difference := compare(want[path], got)
			if status == 200 && difference == "" {
				break
			}
			if time.Now().After(end) || ctx.Err() != nil {
				wrong = append(wrong, fmt.Sprintf("GET %s: the answer differs from the events: status %d, %s", path, status,
					difference))
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	return len(paths), wrong
}

// answer returns the answer of a query. The pages of a list are joined.
func (c *client) answer(ctx context.Context, path string) (map[string]any, int) {
	all := map[string]any{}
	var items []any
	for next := ""; ; {
		var page map[string]any
		address := path
		if next != "" {
			separator := "?"
			if strings.Contains(path, separator) {
				separator = "&"
			}
			address += separator + "cursor=" + url.QueryEscape(next)
		}
		status := c.get(ctx, address, nil, &page)
		if status != 200 {
			return nil, status
		}
		if list, ok := page["items"].([]any); ok {
			items = append(items, list...)
			all["items"] = items
		}
		for name, value := range page {
			if name != "items" {
				all[name] = value
			}
		}
		var ok bool
		if next, ok = page["next"].(string); !ok {
			return all, status
		}
	}
}

// compare describes the first wanted field that differs, "" if none does.
func compare(want, got map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, _ := json.Marshal(want[name])
		g, _ := json.Marshal(pickFields(want[name], got[name]))
		if string(w) != string(g) {
			return fmt.Sprintf("%s: want %s, got %s", name, w, g)
		}
	}
	return ""
}

// pickFields returns the items of a list with only the wanted fields.
func pickFields(want, got any) any {
	wanted, ok := want.([]map[string]any)
	items, isList := got.([]any)
	if !ok || !isList || len(wanted) == 0 {
		if ok && got == nil {
			return []any{}
		}
		return got
	}
	picked := make([]map[string]any, len(items))
	for i, item := range items {
		picked[i] = map[string]any{}
		fields, _ := item.(map[string]any)
		for name := range wanted[0] {
			picked[i][name] = fields[name]
		}
	}
	if wanted[0]["orderId"] != nil {
		slices.SortFunc(picked, func(a, b map[string]any) int {
			return strings.Compare(fmt.Sprint(a["orderId"]), fmt.Sprint(b["orderId"]))
		})
	}
	return picked
}

// orderFold is the state of an order by a plain fold.
type orderFold struct {
	id, customer, status string
	placed, short        bool
	addressed            bool
	month                string           // in which it was placed
	items                map[string]int64 // units by product
	revenue              map[string]int64 // cents by product
	version              int64
}

// fold computes the expected answers of the queries.
func (s *stored) fold() expected {
	want := expected{}
	orders := map[string]*orderFold{}
	products := map[string]*productFold{}
	for name, commits := range s.streams {
		kind, id, _ := strings.Cut(name, "#")
		if kind == email.KeyAggregate.StreamType { // no query shows these streams
			continue
		}
		want["/streams/"+kind+"/"+id] = trail(commits)
		switch kind {
		case "Account":
			s.foldAccount(id, want)
		case "Order":
			orders[id] = foldOrder(id, commits)
		case "Product":
			products[id] = foldProduct(commits)
		}
	}
	foldOrders(orders, products, want)
	foldProducts(products, want)
	return want
}

// trail returns the expected audit trail of a stream.
func trail(commits []es.Commit) map[string]any {
	var items []map[string]any
	for _, c := range commits {
		for i, e := range c.Events {
			items = append(items, map[string]any{"version": c.Version + int64(i), "type": e.Type})
		}
	}
	return map[string]any{"items": items}
}

func (s *stored) foldAccount(id string, want expected) {
	balance, version := int64(0), int64(0)
	statement := []map[string]any{}
	for _, c := range s.streams["Account#"+id] {
		for i, e := range c.Events {
			var m movement
			_ = json.Unmarshal(e.Data, &m)
			change := int64(m.Amount + m.InitialDeposit)
			if e.Type == "MoneyWithdrawn" {
				change = -change
			}
			balance += change
			version = c.Version + int64(i)
			if change != 0 {
				statement = append(statement, map[string]any{
					"version": version, "amount": money(change), "balance": money(balance),
				})
			}
		}
	}
	slices.Reverse(statement) // newest first
	want["/accounts/"+id] = map[string]any{"accountId": id, "balance": money(balance), "version": version}
	want["/accounts/"+id+"/statement"] = map[string]any{"items": statement}
}

func foldOrder(id string, commits []es.Commit) *orderFold {
	o := &orderFold{id: id, items: map[string]int64{}, revenue: map[string]int64{}}
	for _, c := range commits {
		for _, e := range c.Events {
			var data struct {
				CustomerID string `json:"customerId"`
				ProductID  string `json:"productId"`
				Quantity   int64
				UnitPrice  amount
			}
			_ = json.Unmarshal(e.Data, &data)
			switch e.Type {
			case "OrderCreated":
				o.customer, o.status = data.CustomerID, "draft"
			case "ItemAdded":
				o.items[data.ProductID] += data.Quantity
				o.revenue[data.ProductID] += data.Quantity * int64(data.UnitPrice)
			case "OrderFlaggedShort":
				o.short = true
			case "ShippingAddressSet":
				o.addressed = true
			case "OrderPlaced":
				o.status, o.placed, o.month = "placed", true, c.OccurredAt().UTC().Format("2006-01")
			case "PaymentReceived": // clients pay in full
				o.status = "paid"
			case "OrderShipped":
				o.status = "shipped"
			case "OrderDelivered":
				o.status = "delivered"
			case "OrderCancelled":
				o.status = "cancelled"
			}
		}
		o.version = c.LastVersion()
	}
	return o
}

// productFold is the state of a product by a plain fold of its own events and of all orders.
type productFold struct {
	price, received, ordered, shipped, orders, units, revenue int64
}

func foldProduct(commits []es.Commit) *productFold {
	p := &productFold{}
	for _, c := range commits {
		for _, e := range c.Events {
			var data struct {
				UnitPrice amount
				Quantity  int64
			}
			_ = json.Unmarshal(e.Data, &data)
			switch e.Type {
			case "StockReceived":
				p.received += data.Quantity
			case "ProductListed", "PriceChanged":
				p.price = int64(data.UnitPrice)
			}
		}
	}
	return p
}

// sell adds an order's items to the products.
func (o *orderFold) sell(products map[string]*productFold) {
	for id, quantity := range o.items {
		p := products[id]
		if o.placed {
			p.orders++
			p.units += quantity
			p.revenue += o.revenue[id]
			if o.status != "cancelled" {
				p.ordered += quantity
			}
		}
		if o.status == "shipped" || o.status == "delivered" {
			p.shipped += quantity
		}
	}
}

func foldOrders(orders map[string]*orderFold, products map[string]*productFold, want expected) {
	byCustomer := map[string][]map[string]any{}
	active := []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		o := orders[id]
		o.sell(products)
		row := map[string]any{"orderId": o.id, "status": o.status, "version": o.version}
		want["/orders/"+id] = map[string]any{
			"orderId": o.id, "customerId": o.customer, "status": o.status, "version": o.version,
		}
		byCustomer[o.customer] = append(byCustomer[o.customer], row)
		if o.placed && o.status != "delivered" && o.status != "cancelled" {
			active = append(active, row)
		}
	}
	want["/orders?status=active"] = map[string]any{"items": active}
	for customer, rows := range byCustomer {
		want["/customers/"+customer+"/orders"] = map[string]any{"items": rows}
	}
}

func foldProducts(products map[string]*productFold, want expected) {
	top := []map[string]any{}
	for id, p := range products {
		want["/products/"+id] = map[string]any{"productId": id, "unitPrice": money(p.price)}
		want["/products/"+id+"/inventory"] = map[string]any{
			"received": p.received, "ordered": p.ordered, "shipped": p.shipped,
			"onHand": p.received - p.shipped, "available": p.received - p.ordered,
		}
		sales := map[string]any{"productId": id, "orders": p.orders, "units": p.units, "revenue": money(p.revenue)}
		want["/products/"+id+"/sales"] = sales
		if p.orders > 0 {
			top = append(top, sales)
		}
	}
	slices.SortFunc(top, func(a, b map[string]any) int {
		x, y := a["productId"].(string), b["productId"].(string)
		return cmp.Or(cmp.Compare(products[y].revenue, products[x].revenue), cmp.Compare(x, y))
	})
	want["/products/sales"] = map[string]any{"items": top}
}

// money returns an amount in the form of answers.
func money(cents int64) map[string]any {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return map[string]any{
		"amount": sign + strconv.FormatInt(cents/100, 10) + fmt.Sprintf(".%02d", cents%100), "currency": "USD",
	}
}

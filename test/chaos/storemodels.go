package main

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// sold is what was sold in a month, to a city or of a product, without cancelled orders.
type sold struct{ orders, units, revenue int64 }

// foldStores computes the expected answers of the queries that other stores than DynamoDB answer.
func (s *stored) foldStores() expected {
	want := expected{}
	months, products := map[string]*sold{}, map[string]*sold{}
	byMonth := map[string]map[string]*sold{}
	total, addressed := &sold{}, 0
	for name, commits := range s.streams {
		kind, id, _ := strings.Cut(name, "#")
		if kind != "Order" {
			continue
		}
		o := foldOrder(id, commits)
		if o.addressed {
			addressed++
			want[searchFor(recipient(id))] = map[string]any{"total": 1, "items": []map[string]any{o.found()}}
		}
		if !o.placed || o.status == "cancelled" {
			continue
		}
		if byMonth[o.month] == nil {
			byMonth[o.month] = map[string]*sold{}
		}
		for id := range o.items {
			addTo(products, id, o.items[id], o.revenue[id])
			addTo(byMonth[o.month], id, o.items[id], o.revenue[id])
		}
		addTo(months, o.month, 0, o.total())
		total.orders, total.revenue = total.orders+1, total.revenue+o.total()
	}
	want[searchFor(town)+"&limit=1"] = map[string]any{"total": addressed}
	foldSales(months, products, total, want)
	want[bestSellers] = map[string]any{"items": best(products)}
	for month, products := range byMonth {
		want[bestSellers+"&month="+month] = map[string]any{"items": best(products)}
	}
	return want
}

// addTo adds an order to a group.
func addTo(groups map[string]*sold, name string, units, revenue int64) {
	if groups[name] == nil {
		groups[name] = &sold{}
	}
	g := groups[name]
	g.orders, g.units, g.revenue = g.orders+1, g.units+units, g.revenue+revenue
}

const bestSellers = "/products/best-sellers?top=1000"

func searchFor(word string) string { return "/orders/search?q=" + url.QueryEscape(word) }

// found is an order as a search shows it.
func (o *orderFold) found() map[string]any {
	status := o.status
	if status == "paid" { // the read model does not know
		status = "placed"
	}
	row := map[string]any{
		"orderId": o.id, "customerId": o.customer, "recipient": recipient(o.id), "city": town, "status": status,
	}
	if o.placed {
		row["total"] = money(o.total())
	}
	return row
}

// total is the order's revenue in cents.
func (o *orderFold) total() (cents int64) {
	for _, revenue := range o.revenue {
		cents += revenue
	}
	return cents
}

// foldSales computes the sales by month, city and product. All orders go to one city.
func foldSales(months, products map[string]*sold, total *sold, want expected) {
	byMonth, byCity, byProduct := []map[string]any{}, []map[string]any{}, []map[string]any{}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		m := months[month]
		byMonth = append(byMonth, map[string]any{"month": month, "orders": m.orders, "revenue": money(m.revenue)})
	}
	if total.orders > 0 {
		byCity = append(byCity, map[string]any{"city": town, "orders": total.orders, "revenue": money(total.revenue)})
	}
	for _, id := range sorted(products, func(s *sold) int64 { return s.revenue }) {
		p := products[id]
		byProduct = append(byProduct, map[string]any{
			"productId": id, "orders": p.orders, "units": p.units, "revenue": money(p.revenue),
		})
	}
	want["/sales/months"] = map[string]any{"items": byMonth}
	want["/sales/cities?top=1000"] = map[string]any{"items": byCity}
	want["/sales/products?top=1000"] = map[string]any{"items": byProduct}
}

// best are the best sellers.
func best(products map[string]*sold) []map[string]any {
	rows := []map[string]any{}
	for _, id := range sorted(products, func(s *sold) int64 { return s.units }) {
		rows = append(rows, map[string]any{"productId": id, "units": products[id].units, "orders": products[id].orders})
	}
	return rows
}

// sorted returns the names of groups, that with the most first.
func sorted(groups map[string]*sold, by func(*sold) int64) []string {
	return slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(by(groups[b]), by(groups[a])), cmp.Compare(a, b))
	})
}

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/test/northwind/data"
)

// TestPeople: the values of the people in the story are theirs alone, and they have orders before and after the middle.
func TestPeople(t *testing.T) {
	t.Parallel()
	nw, err := data.Load()
	if err != nil {
		t.Fatal(err)
	}
	nw.Orders = nw.Orders[:all]
	people := peopleOf(nw)
	for id, want := range map[string]string{
		first: "Split Rail Beer & Ale", during: "Taucherstraße 10", late: "Patricia McKenna", slow: "Carlos González",
		witness: "bergs.buyer@northwind.example",
	} {
		if !slices.Contains(people[id].Values, want) {
			t.Errorf("%s has the values %q, want %q among them", id, people[id].Values, want)
		}
		for other, p := range people {
			if found := newFinder(people[id].Values).in([]byte(strings.Join(p.Values, "\n"))); other != id && len(found) > 0 {
				t.Errorf("%s has %q, too, as %s", other, found, id)
			}
		}
	}
	of := func(p person, orders []data.Order) bool {
		return slices.ContainsFunc(orders, func(o data.Order) bool { return o.CustomerID == p.ID })
	}
	for _, id := range everybody {
		if !of(people[id], nw.Orders[:quiet]) {
			t.Errorf("%s has no order in the first part", id)
		}
	}
	if !of(people[during], nw.Orders[quiet+(all-quiet)/2:]) {
		t.Errorf("%s has no order at the end: none can be refused", during)
	}
}

// TestPart: a part receives the stock of all orders.
func TestPart(t *testing.T) {
	t.Parallel()
	nw, err := data.Load()
	if err != nil {
		t.Fatal(err)
	}
	stock := func(nw data.Northwind) (units int) {
		for _, p := range nw.Products {
			units += p.InStock
		}
		for _, o := range nw.Orders {
			for _, l := range o.Lines {
				if o.HasShipped() {
					units += l.Quantity
				}
			}
		}
		return units
	}
	half := part(nw, func(o data.Order) bool { return o.ID < "10700" })
	if len(half.Orders) != 452 || stock(half) != stock(nw) {
		t.Errorf("a part has %d orders and %d units in all, want 452 and %d", len(half.Orders), stock(half), stock(nw))
	}
}

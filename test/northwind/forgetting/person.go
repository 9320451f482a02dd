package main

import (
	"slices"
	"strings"

	"github.com/annals-es/annals/test/northwind/data"
)

// person is a customer with the personal values that the service gets.
type person struct {
	ID, Contact, Email string
	// Values are the personal values that are in the data of no other customer and of no product.
	Values []string
	Orders []data.Order
}

func (p person) account() string { return "NW-" + p.ID }

// shortest is the length of the shortest value to search for: shorter ones may be in other data by chance.
const shortest = 6

// peopleOf returns all customers with orders, by id.
func peopleOf(nw data.Northwind) map[string]person {
	people, said := map[string]person{}, map[string][]string{}
	for _, c := range nw.Customers {
		orders := slices.DeleteFunc(slices.Clone(nw.Orders), func(o data.Order) bool { return o.CustomerID != c.ID })
		if len(orders) == 0 {
			continue
		}
		p := person{ID: c.ID, Contact: c.Contact, Email: strings.ToLower(c.ID) + ".buyer@northwind.example", Orders: orders}
		last := c.Contact[strings.LastIndex(c.Contact, " ")+1:]
		all := []string{c.Contact, last, p.Email}
		for _, o := range orders {
			all = append(all, o.Ship.Name, o.Ship.Street, o.Ship.City)
		}
		slices.Sort(all)
		people[c.ID], said[c.ID] = p, slices.Compact(all)
	}
	for _, p := range nw.Products {
		said["product "+p.ID] = []string{p.Name}
	}
	for id, p := range people {
		p.Values = unique(id, said)
		people[id] = p
	}
	return people
}

// unique returns the values of one that are part of no value of another.
func unique(id string, said map[string][]string) []string {
	var others strings.Builder
	for other, values := range said {
		if other != id {
			others.WriteString(strings.ToLower(strings.Join(values, "\n")) + "\n")
		}
	}
	return slices.DeleteFunc(slices.Clone(said[id]), func(v string) bool {
		return len(v) < shortest || strings.Contains(others.String(), strings.ToLower(v))
	})
}

// part returns the orders to keep. The products have the units that the other orders ship, so that stock is received for
// all orders at once.
func part(nw data.Northwind, keep func(data.Order) bool) data.Northwind {
	rest := map[string]int{}
	out := nw
	out.Orders = nil
	for _, o := range nw.Orders {
		if keep(o) {
			out.Orders = append(out.Orders, o)
			continue
		}
		for _, l := range o.Lines {
			if o.HasShipped() {
				rest[l.ProductID] += l.Quantity
			}
		}
	}
	out.Products = slices.Clone(nw.Products)
	for i := range out.Products {
		out.Products[i].InStock += rest[out.Products[i].ID]
	}
	return out
}

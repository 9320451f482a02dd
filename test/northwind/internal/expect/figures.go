// Package expect computes from the Northwind files what the service's queries must answer after the import. Start with
// [From].
//
// It shares no arithmetic with the importer, which uses a decimal library: here all money is whole cents. So a mistake
// of the importer also shows as a difference.
package expect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/test/northwind/data"
)

// Figures are all expected figures.
type Figures struct {
	Orders    []Order // oldest first
	Products  []Product
	Customers []Customer
	// Months and Cities are the orders by the month in which they were placed, "1997-03", and by the city to which
	// they go, "Graz, Austria".
	Months, Cities map[string]Group
	// Sellers are the orders and units of each product, by month, and under "" those of all months.
	Sellers map[string]map[string]Group
	// Searches are for words of the orders.
	Searches []Search
}

// Group are the orders that have something in common, and what they bring. Units are counted for products alone.
type Group struct {
	Orders, Units int
	Revenue       Cents
}

// with returns the group with one more order.
func (g Group) with(o Order) Group { return Group{Orders: g.Orders + 1, Revenue: g.Revenue + o.Total} }

// Total returns the sum of all orders.
func (f Figures) Total() Cents {
	var total Cents
	for _, o := range f.Orders {
		total += o.Total
	}
	return total
}

// ByRevenue returns the products with sales, highest revenue first.
func (f Figures) ByRevenue() []Product {
	sold := slices.DeleteFunc(slices.Clone(f.Products), func(p Product) bool { return p.Orders == 0 })
	slices.SortStableFunc(sold, func(a, b Product) int { return cmp.Compare(b.Revenue, a.Revenue) })
	return sold
}

// From computes the figures.
//
// Errors: an amount that is not in whole cents.
func From(nw data.Northwind) (Figures, error) {
	customers := map[string]*Customer{}
	for _, c := range nw.Customers {
		customers[c.ID] = &Customer{ID: c.ID}
	}
	products := map[string]*Product{}
	for _, p := range nw.Products {
		price, err := ParseCents(p.UnitPrice)
		if err != nil {
			return Figures{}, fmt.Errorf("product %s: %w", p.ID, err)
		}
		products[p.ID] = &Product{ID: p.ID, Name: p.Name, UnitPrice: price, Received: p.InStock}
	}
	f := Figures{Months: map[string]Group{}, Cities: map[string]Group{}, Sellers: map[string]map[string]Group{}}
	for _, from := range nw.Orders {
		o, err := newOrder(from)
		if err != nil {
			return Figures{}, fmt.Errorf("order %s: %w", from.ID, err)
		}
		f.Orders = append(f.Orders, o)
		month, city := o.Ordered.UTC().Format("2006-01"), from.Ship.City+", "+from.Ship.Country
		f.Months[month], f.Cities[city] = f.Months[month].with(o), f.Cities[city].with(o)
		f.sell("", from)
		f.sell(month, from)
		customers[o.CustomerID].Orders = append(customers[o.CustomerID].Orders, o)
		if err := count(products, from); err != nil {
			return Figures{}, fmt.Errorf("order %s: %w", from.ID, err)
		}
	}
	f.Searches = searches(nw, f.Orders)
	slices.SortStableFunc(f.Orders, func(a, b Order) int { return a.Ordered.Compare(b.Ordered) })
	for _, c := range slices.SortedFunc(maps.Values(customers), func(a, b *Customer) int {
		return strings.Compare(a.ID, b.ID)
	}) {
		f.Customers = append(f.Customers, *c)
	}
	for _, p := range nw.Products {
		f.Products = append(f.Products, *products[p.ID])
	}
	return f, nil
}

// sell adds an order to the sellers of a month.
func (f *Figures) sell(month string, o data.Order) {
	if f.Sellers[month] == nil {
		f.Sellers[month] = map[string]Group{}
	}
	seen := map[string]bool{}
	for _, l := range o.Lines {
		g := f.Sellers[month][l.ProductID]
		g.Units += l.Quantity
		if !seen[l.ProductID] {
			seen[l.ProductID] = true
			g.Orders++
		}
		f.Sellers[month][l.ProductID] = g
	}
}

// count adds an order to the figures of its products.
func count(products map[string]*Product, o data.Order) error {
	seen := map[string]bool{}
	for _, l := range o.Lines {
		unit, err := discounted(l.UnitPrice, l.Discount)
		if err != nil {
			return err
		}
		p := products[l.ProductID]
		p.Ordered += l.Quantity
		p.Revenue += unit * Cents(l.Quantity)
		if o.HasShipped() {
			p.Shipped += l.Quantity
			p.Received += l.Quantity
		}
		if !seen[l.ProductID] {
			seen[l.ProductID] = true
			p.Orders++
		}
	}
	return nil
}

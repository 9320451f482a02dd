// Package data contains the Northwind files. Start with [Load], which reads them.
//
// README.md in this folder names the source. Decimals stay text, so that each caller can choose how to compute with
// them. Dates are midnight UTC.
package data

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

//go:embed *.csv
var files embed.FS

// Northwind is the content of the files.
type Northwind struct {
	Products  []Product
	Customers []Customer
	Orders    []Order // ascending by id, each with its lines
}

// Load reads the embedded files.
func Load() (Northwind, error) { return Read(files) }

// Read reads products.csv, customers.csv, orders.csv and order_lines.csv.
//
// Errors: a malformed row, a duplicate id, or a reference to an id that does not exist. The error names the file, and
// for a malformed row the line.
func Read(fsys fs.FS) (Northwind, error) {
	var nw Northwind
	var err error
	if nw.Products, err = readAll(fsys, "products.csv", productColumns, readProduct); err != nil {
		return Northwind{}, err
	}
	if nw.Customers, err = readAll(fsys, "customers.csv", customerColumns, readCustomer); err != nil {
		return Northwind{}, err
	}
	if nw.Orders, err = readAll(fsys, "orders.csv", orderColumns, readOrder); err != nil {
		return Northwind{}, err
	}
	lines, err := readAll(fsys, "order_lines.csv", lineColumns, readLine)
	if err != nil {
		return Northwind{}, err
	}
	if err := nw.join(lines); err != nil {
		return Northwind{}, err
	}
	slices.SortFunc(nw.Orders, func(a, b Order) int {
		if len(a.ID) != len(b.ID) { // ids are numbers without leading zeros
			return len(a.ID) - len(b.ID)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return nw, nil
}

// join adds the lines to their orders, and checks that ids are unique and references exist.
func (nw *Northwind) join(lines []Line) error {
	products, customers, orders := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, p := range nw.Products {
		if products[p.ID] {
			return fmt.Errorf("products.csv: duplicate product %s", p.ID)
		}
		products[p.ID] = true
	}
	for _, c := range nw.Customers {
		if customers[c.ID] {
			return fmt.Errorf("customers.csv: duplicate customer %s", c.ID)
		}
		customers[c.ID] = true
	}
	for i, o := range nw.Orders {
		if _, twice := orders[o.ID]; twice {
			return fmt.Errorf("orders.csv: duplicate order %s", o.ID)
		}
		if !customers[o.CustomerID] {
			return fmt.Errorf("orders.csv: order %s: customer %s is not in customers.csv", o.ID, o.CustomerID)
		}
		orders[o.ID] = i
	}
	for _, l := range lines {
		i, known := orders[l.OrderID]
		if !known || !products[l.ProductID] {
			return fmt.Errorf("order_lines.csv: order %s, product %s: no such order or product", l.OrderID, l.ProductID)
		}
		nw.Orders[i].Lines = append(nw.Orders[i].Lines, l)
	}
	for _, o := range nw.Orders {
		if len(o.Lines) == 0 {
			return fmt.Errorf("order_lines.csv: order %s has no lines", o.ID)
		}
	}
	return nil
}

// FirstDay returns the day of the earliest order, the zero time if there are no orders.
func (nw Northwind) FirstDay() time.Time {
	var first time.Time
	for _, o := range nw.Orders {
		if first.IsZero() || o.Ordered.Before(first) {
			first = o.Ordered
		}
	}
	return first
}

// Package data holds the Northwind files and reads them.
//
// README.md beside it names the source. Decimals stay text, as the files spell them, so that who computes with them
// chooses how; dates are midnight UTC.
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

// Northwind is all that the files say.
type Northwind struct {
	Products  []Product
	Customers []Customer
	Orders    []Order // ascending by id, each with its lines
}

// Load reads the files that are built into the program.
func Load() (Northwind, error) { return Read(files) }

// Read reads products.csv, customers.csv, orders.csv and order_lines.csv. It fails at the first row that is malformed, that
// repeats an id, or that refers to one that no file has; the error names file and line.
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
		if len(a.ID) != len(b.ID) { // numbers without leading zeros
			return len(a.ID) - len(b.ID)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return nw, nil
}

// join gives each order its lines and checks what refers to what.
func (nw *Northwind) join(lines []Line) error {
	products, customers, orders := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, p := range nw.Products {
		if products[p.ID] {
			return fmt.Errorf("products.csv: product %s is there twice", p.ID)
		}
		products[p.ID] = true
	}
	for _, c := range nw.Customers {
		if customers[c.ID] {
			return fmt.Errorf("customers.csv: customer %s is there twice", c.ID)
		}
		customers[c.ID] = true
	}
	for i, o := range nw.Orders {
		if _, twice := orders[o.ID]; twice {
			return fmt.Errorf("orders.csv: order %s is there twice", o.ID)
		}
		if !customers[o.CustomerID] {
			return fmt.Errorf("orders.csv: order %s is of customer %s, who is not in customers.csv", o.ID, o.CustomerID)
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
			return fmt.Errorf("order_lines.csv: no line of order %s", o.ID)
		}
	}
	return nil
}

// FirstDay is the day of the earliest order, the zero time where there is none.
func (nw Northwind) FirstDay() time.Time {
	var first time.Time
	for _, o := range nw.Orders {
		if first.IsZero() || o.Ordered.Before(first) {
			first = o.Ordered
		}
	}
	return first
}

package data

import "time"

// Order is a row of orders.csv with its lines.
type Order struct {
	ID         string
	CustomerID string
	Ordered    time.Time
	Shipped    time.Time // zero: never
	Ship       Address
	Lines      []Line
}

// HasShipped reports whether the order was shipped.
func (o Order) HasShipped() bool { return !o.Shipped.IsZero() }

// Address is the shipping address of an order. Region and PostalCode may be empty.
type Address struct {
	Name, Street, City, Region, PostalCode, Country string
}

// Line is a row of order_lines.csv.
type Line struct {
	OrderID   string
	ProductID string
	UnitPrice string // decimal, USD, before the discount
	Quantity  int
	Discount  string // decimal, a fraction of the line: 0.15
}

var orderColumns = []string{
	"order_id", "customer_id", "order_date", "shipped_date",
	"ship_name", "ship_address", "ship_city", "ship_region", "ship_postal_code", "ship_country",
}

func readOrder(r *row) Order {
	o := Order{
		ID: r.text("order_id"), CustomerID: r.text("customer_id"), Ordered: r.day("order_date"),
		Shipped: r.day("shipped_date"),
		Ship: Address{
			Name: r.text("ship_name"), Street: r.text("ship_address"), City: r.text("ship_city"),
			Region: r.optional("ship_region"), PostalCode: r.optional("ship_postal_code"), Country: r.text("ship_country"),
		},
	}
	if o.Ordered.IsZero() {
		r.fail("order_date", "a date")
	}
	return o
}

var lineColumns = []string{"order_id", "product_id", "unit_price", "quantity", "discount"}

func readLine(r *row) Line {
	return Line{
		OrderID: r.text("order_id"), ProductID: r.text("product_id"),
		UnitPrice: r.decimal("unit_price"), Quantity: r.count("quantity", 1), Discount: r.decimal("discount"),
	}
}

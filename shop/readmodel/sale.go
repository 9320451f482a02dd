package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// Sale is the document of an order in [SalesBySQL].
type Sale struct {
	OrderID   string      `json:"orderId"`
	Customer  string      `json:"customer"`
	City      string      `json:"city,omitempty"`
	Country   string      `json:"country,omitempty"`
	Placed    time.Time   `json:"placed,omitzero"`
	Cancelled bool        `json:"cancelled,omitempty"`
	Total     money.Money `json:"total,omitzero"`
	// Lines are the lines of an order that is not placed. Those of a placed order are rows.
	Lines []orderLine `json:"lines,omitempty"`
}

// SaleLine is a line of a placed order.
type SaleLine struct {
	OrderID  string      `json:"orderId"`
	Product  string      `json:"product"`
	Quantity int         `json:"quantity"`
	Price    money.Money `json:"price"`
	Revenue  money.Money `json:"revenue"`
}

var saleLines = projection.OwnRows[SaleLine]("lines")

// SalesBySQL has orders and their lines as tables in which people query: "sales" and "sale_lines".
var SalesBySQL = projection.New("sales", 1, projection.From(order.Aggregate, projection.On(soldOrder)), saleLines)

// soldOrder takes each event of an order into its document and rows. With a handler for each type, code that lacks
// the type of shipping addresses would not start.
func soldOrder(s *Sale, e projection.Event[order.Event], w *projection.Writes) error {
	switch data := e.Data.(type) {
	case order.OrderCreated:
		s.OrderID, s.Customer = e.Stream.ID, data.CustomerID
	case order.ItemAdded:
		s.Lines = withItem(s.Lines, data)
	case order.ItemRemoved:
		s.Lines = withoutProduct(s.Lines, data.ProductID)
	case order.ShippingAddressSet:
		s.City, s.Country = data.Address.City, data.Address.Country
	case order.OrderPlaced:
		s.Placed, s.Total = e.OccurredAt, data.Total
		return s.place(w)
	case order.OrderCancelled:
		s.Cancelled = true
	}
	return nil
}

// place makes a row of each line of an order that is placed.
func (s *Sale) place(w *projection.Writes) error {
	for _, l := range s.Lines {
		revenue, err := l.price()
		if err != nil {
			return err
		}
		at := projection.Key{Partition: "lines", Sort: l.Product + " " + l.Price.money().String()}
		saleLines.Put(w, at, SaleLine{s.OrderID, l.Product, l.Units, l.Price.money(), revenue})
	}
	s.Lines = nil
	return nil
}

// SaleTables are the tables of [SalesBySQL].
var SaleTables = []sqltable.Table{
	sqltable.Documents[Sale]("sales",
		sqltable.Text("order_id", "orderId"), sqltable.Text("customer", "customer").Indexed(),
		sqltable.Text("city", "city"), sqltable.Text("country", "country"),
		sqltable.Timestamp("placed_at", "placed").Indexed(), sqltable.Boolean("cancelled", "cancelled"),
		sqltable.Numeric("total", "total.amount", 24, 4), sqltable.Text("currency", "total.currency")),
	sqltable.Rows(saleLines, "sale_lines",
		sqltable.Text("order_id", "orderId"), sqltable.Text("product", "product").Indexed(),
		sqltable.Integer("quantity", "quantity"), sqltable.Numeric("price", "price.amount", 24, 4),
		sqltable.Numeric("revenue", "revenue.amount", 24, 4), sqltable.Text("currency", "revenue.currency")),
}

// isSale tells which orders count as sales.
const isSale = "s.placed_at IS NOT NULL AND s.cancelled IS NOT TRUE"

// revenueOf reads a row whose last columns are an amount and its currency.
func revenueOf(row annals.SQLRow, into ...any) (Total, error) {
	var amount, currency string
	if err := row.Scan(append(into, &amount, &currency)...); err != nil {
		return Total{}, err
	}
	n, err := projection.Decimal(amount)
	return newTotal(n, currency), err
}

// MonthSales are the sales of a month, in UTC, in one currency.
type MonthSales struct {
	Month   string `json:"month" example:"1997-03"`
	Orders  int64  `json:"orders"`
	Revenue Total  `json:"revenue"`
}

// SalesByMonth returns the sales of each month, the first month first.
//
// Errors: those of [annals.Select].
func SalesByMonth(ctx context.Context, tables annals.SQLTables, _ annals.None) (annals.Page[MonthSales], error) {
	rows, err := annals.Select(ctx, tables, func(row annals.SQLRow) (m MonthSales, err error) {
		m.Revenue, err = revenueOf(row, &m.Month, &m.Orders)
		return m, err
	}, `SELECT to_char(s.placed_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*), trim_scale(sum(s.total))::text, s.currency
		FROM sales s WHERE `+isSale+` GROUP BY month, s.currency ORDER BY month, s.currency`)
	return annals.Page[MonthSales]{Items: annals.Fit(rows)}, err
}

// CitySales are the sales to a city, in one currency. The city is empty where it is not known, or where the customer
// was forgotten.
type CitySales struct {
	City    string `json:"city"`
	Country string `json:"country"`
	Orders  int64  `json:"orders"`
	Revenue Total  `json:"revenue"`
}

// SalesByCity returns the cities with the most revenue, in descending order.
//
// Errors: those of [annals.Select].
func SalesByCity(ctx context.Context, tables annals.SQLTables, q Top) (annals.Page[CitySales], error) {
	rows, err := annals.Select(ctx, tables, func(row annals.SQLRow) (c CitySales, err error) {
		c.Revenue, err = revenueOf(row, &c.City, &c.Country, &c.Orders)
		return c, err
	}, `SELECT COALESCE(s.city, ''), COALESCE(s.country, ''), count(*), trim_scale(sum(s.total))::text, s.currency
		FROM sales s WHERE `+isSale+` GROUP BY s.city, s.country, s.currency ORDER BY sum(s.total) DESC, s.city, s.country LIMIT $1`, q.Top)
	return annals.Page[CitySales]{Items: annals.Fit(rows)}, err
}

// ProductRevenue is what a product was sold for, in one currency.
type ProductRevenue struct {
	ProductID string `json:"productId"`
	Orders    int64  `json:"orders"`
	Units     int64  `json:"units"`
	Revenue   Total  `json:"revenue"`
}

// SalesByProduct returns the products with the most revenue, in descending order.
//
// Errors: those of [annals.Select].
func SalesByProduct(ctx context.Context, tables annals.SQLTables, q Top) (annals.Page[ProductRevenue], error) {
	rows, err := annals.Select(ctx, tables, func(row annals.SQLRow) (p ProductRevenue, err error) {
		p.Revenue, err = revenueOf(row, &p.ProductID, &p.Orders, &p.Units)
		return p, err
	}, `SELECT l.product, count(DISTINCT l.order_id), sum(l.quantity)::bigint, trim_scale(sum(l.revenue))::text, l.currency
		FROM sale_lines l JOIN sales s USING (stream) WHERE `+isSale+`
		GROUP BY l.product, l.currency ORDER BY sum(l.revenue) DESC, l.product LIMIT $1`, q.Top)
	return annals.Page[ProductRevenue]{Items: annals.Fit(rows)}, err
}

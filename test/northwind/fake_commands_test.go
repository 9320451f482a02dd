package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// event is one stored event. Of the fields after at, each kind of event uses its own.
type event struct {
	kind    string
	id      string
	version int
	at      time.Time

	customer, product, name, tracking string
	units                             int
	price                             expect.Cents
	items                             []event // of a placed or shipped order
}

// order is an order on the write side.
type order struct {
	version   int
	items     []event
	addressed bool
	status    string
	due, paid expect.Cents
}

type amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// body is the body of any command.
type body struct {
	OrderID, CustomerID, ProductID, Name, PaymentID, TrackingNumber string
	Recipient, Line1, City, Region, PostalCode, Country             string
	Quantity                                                        int
	UnitPrice, Amount                                               amount
	Items                                                           []struct {
		ProductID string
		Quantity  int
		UnitPrice amount
	}
}

var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

func malformed(detail string) *problem { return &problem{400, "malformed", detail} }
func rule(kind string) *problem {
	return &problem{422, "https://annals.example/problems/" + kind, kind}
}

// command decides which events a command stores.
func (f *fakeService) command(r *http.Request, raw []byte, at time.Time) ([]event, *problem) {
	var b body
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&b); err != nil {
			return nil, malformed(err.Error())
		}
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	route := r.Method + " " + path[0]
	if len(path) == 3 {
		route += " " + path[2]
		if path[0] == "orders" && f.orders[path[1]] != nil {
			return f.onOrder(route, path[1], f.orders[path[1]], b, at)
		}
	}
	switch {
	case route == "POST products" && validID.MatchString(b.ProductID) && b.Name != "":
		if f.products[b.ProductID] {
			return nil, &problem{409, "https://annals.example/problems/already-exists", b.ProductID}
		}
		f.products[b.ProductID] = true
		return []event{{kind: "ProductListed", id: b.ProductID, version: 1, at: at, name: b.Name, price: cents(b.UnitPrice)}},
			nil
	case route == "POST products stock" && f.products[path[1]] && b.Quantity > 0:
		return []event{{kind: "StockReceived", id: path[1], version: 2, at: at, units: b.Quantity}}, nil
	case route == "POST orders" && validID.MatchString(b.OrderID) && validID.MatchString(b.CustomerID):
		return f.create(b, at)
	}
	return nil, malformed(route)
}

func (f *fakeService) create(b body, at time.Time) ([]event, *problem) {
	if f.orders[b.OrderID] != nil {
		return nil, &problem{409, "https://annals.example/problems/already-exists", b.OrderID}
	}
	o := &order{status: "draft"}
	stored := []event{{kind: "OrderCreated", id: b.OrderID, version: 1, at: at, customer: b.CustomerID}}
	for i, item := range b.Items {
		if item.Quantity < 1 || cents(item.UnitPrice) < 1 {
			return nil, rule("amount-not-positive")
		}
		e := event{
			kind:    "ItemAdded",
			id:      b.OrderID,
			version: i + 2,
			at:      at,
			product: item.ProductID,
			units:   item.Quantity,
			price:   cents(item.UnitPrice),
		}
		o.items = append(o.items, e)
		o.due += e.price * expect.Cents(e.units)
		stored = append(stored, e)
	}
	o.version = len(stored)
	f.orders[b.OrderID] = o
	return stored, nil
}

// onOrder decides a command on an existing order. It stores one event.
func (f *fakeService) onOrder(route, id string, o *order, b body, at time.Time) ([]event, *problem) {
	e := event{id: id, version: o.version + 1, at: at, items: o.items}
	switch {
	case route == "PUT orders shipping-address" && o.status == "draft" && b.Recipient != "" && b.Line1 != "" &&
		b.City != "" && b.Country != "":
		e.kind, o.addressed = "ShippingAddressSet", true
	case route == "POST orders place" && o.status == "draft" && o.addressed && len(o.items) > 0:
		e.kind, o.status = "OrderPlaced", "placed"
	case route == "POST orders payments" && o.status == "placed" && b.PaymentID != "" && o.paid+cents(b.Amount) <= o.due:
		o.paid += cents(b.Amount)
		if e.kind = "PaymentReceived"; o.paid == o.due {
			o.status = "paid"
		}
	case route == "POST orders shipments" && o.status == "paid" && b.TrackingNumber != "":
		e.kind, e.tracking, o.status = "OrderShipped", b.TrackingNumber, "shipped"
	default:
		return nil, rule(strings.ReplaceAll(route, " ", "-") + "-on-" + o.status)
	}
	o.version++
	return []event{e}, nil
}

// cents returns 0 if the text is not an amount of dollars. Every rule refuses 0.
func cents(a amount) expect.Cents {
	c, err := expect.ParseCents(a.Amount)
	if err != nil || a.Currency != "USD" {
		return 0
	}
	return c
}

package data

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	nw, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	lines, shipped := 0, 0
	for _, o := range nw.Orders {
		lines += len(o.Lines)
		if o.HasShipped() {
			shipped++
		}
	}
	got := [...]int{len(nw.Products), len(nw.Customers), len(nw.Orders), lines, shipped}
	if want := [...]int{77, 91, 830, 2155, 809}; got != want { // counted with wc and awk
		t.Errorf("products, customers, orders, lines, shipped: %v, want %v", got, want)
	}
	if want := time.Date(1996, 7, 4, 0, 0, 0, 0, time.UTC); !nw.FirstDay().Equal(want) {
		t.Errorf("first day: %s, want 1996-07-04", nw.FirstDay())
	}
	first, last := nw.Orders[0], nw.Orders[829]
	if first.ID != "10248" || last.ID != "11077" || last.HasShipped() {
		t.Errorf("orders from %s to %s, want 10248 to 11077", first.ID, last.ID)
	}
	want := Address{
		Name:       "Vins et alcools Chevalier",
		Street:     "59 rue de l'Abbaye",
		City:       "Reims",
		PostalCode: "51100",
		Country:    "France",
	}
	if first.Ship != want || first.CustomerID != "VINET" ||
		!first.Shipped.Equal(time.Date(1996, 7, 16, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("order 10248: %+v", first)
	}
	if want := (Line{
		OrderID: "10248", ProductID: "42", UnitPrice: "9.80", Quantity: 10, Discount: "0",
	}); first.Lines[1] != want {
		t.Errorf("second line of the order: %+v", first.Lines[1])
	}
	if want := (Product{ID: "2", Name: "Chang", UnitPrice: "19.00", InStock: 17}); nw.Products[1] != want {
		t.Errorf("product 2: %+v, want %+v", nw.Products[1], want)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"products.csv":    "product_id,product_name,unit_price,units_in_stock\n1,Chai,18.00,39\n",
		"customers.csv":   "city,customer_id,company_name,contact_name\nReims,VINET,Vins,Paul Henriot\n",
		"orders.csv":      strings.Join(orderColumns, ",") + "\n7,VINET,1996-07-04,,n,a,c,,,France\n",
		"order_lines.csv": "order_id,product_id,unit_price,quantity,discount\n7,1,14.00,12,0.05\n",
	}
	if _, err := Read(fileSystem(good)); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ file, from, to, want string }{
		{"products.csv", "18.00", "18,00", "wrong number of fields"},
		{"products.csv", "18.00", "-18", `products.csv line 2: unit_price: "-18" is not a decimal number`},
		{"products.csv", ",39", ",some", `units_in_stock: "some" is not a whole number of at least 0`},
		{"products.csv", "1,Chai,18.00,39\n", "1,Chai,18.00,39\n1,Tea,1,1\n", "duplicate product 1"},
		{"products.csv", "unit_price", "price", "no column unit_price"},
		{"customers.csv", "VINET,Vins", ",Vins", `customer_id: "" is not a text`},
		{"customers.csv", "Reims,VINET,Vins,Paul Henriot\n", "a,VINET,b,P\nc,VINET,d,Q\n", "duplicate customer VINET"},
		{"orders.csv", "VINET", "TOMSP", "order 7: customer TOMSP is not in customers.csv"},
		{
			"orders.csv", "1996-07-04", "07/04/96", `orders.csv line 2: order_date: "07/04/96" is not a date such as 1996-07-04`,
		},
		{"orders.csv", "1996-07-04", "", `order_date: "" is not a date`},
		{"orders.csv", "\n7,", "\n8,", "order 7, product 1: no such order or product"},
		{"order_lines.csv", "7,1,", "7,2,", "order 7, product 2: no such order or product"},
		{"order_lines.csv", ",12,", ",0,", `quantity: "0" is not a whole number of at least 1`},
		{"order_lines.csv", "7,1,14.00,12,0.05\n", "", "order 7 has no lines"},
		{"order_lines.csv", "0.05", "5%", `discount: "5%" is not a decimal number`},
	}
	for _, c := range cases {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			bad := map[string]string{}
			for name, text := range good {
				bad[name] = text
			}
			bad[c.file] = strings.Replace(good[c.file], c.from, c.to, 1)
			if _, err := Read(fileSystem(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := Read(fileSystem(nil)); err == nil {
		t.Error("a missing file was no error")
	}
}

func fileSystem(texts map[string]string) fs.FS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

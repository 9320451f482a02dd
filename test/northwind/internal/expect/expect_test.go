package expect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/annals-es/annals/test/northwind/data"
)

func TestDiscounted(t *testing.T) {
	t.Parallel()
	cases := []struct {
		price, discount string
		want            string
	}{
		{"14.00", "0", "14.00"},
		{"16.80", "0.15", "14.28"},
		{"7.70", "0.05", "7.32"},   // 7.315: half up
		{"12.50", "0.05", "11.88"}, // 11.875
		{"2.50", "0.15", "2.13"},   // 2.125, which half to even makes 2.12
		{"10.10", "0.333", "6.74"}, // 6.7367
		{"0.01", "0.25", "0.01"},   // 0.0075
		{"0.01", "0.5001", "0.00"}, // 0.004999
		{"263.50", "1", "0.00"},    // free
		{"18", "0.2500", "13.50"},  // zeros do not count as decimals
		{"0.30", "0.1", "0.27"},    // which binary fractions miss
		{"81.00", "0.05", "76.95"},
		{"43.90", "0.0001", "43.9"}, // 43.89561
	}
	for _, c := range cases {
		got, err := discounted(c.price, c.discount)
		want, wrong := ParseCents(c.want)
		if err != nil || wrong != nil || got != want {
			t.Errorf("%s less %s: %s, %v; want %s", c.price, c.discount, got, err, c.want)
		}
	}
	for _, c := range [][2]string{
		{"1.001", "0"}, {"1", "0.00001"}, {"1", "1.1"}, {"", "0"},
		{"1", "x"}, {"-1", "0"}, {"1e3", "0"}, {"12345678901234567890", "0"},
	} {
		if got, err := discounted(c[0], c[1]); err == nil {
			t.Errorf("%s less %s: %s, want an error", c[0], c[1], got)
		}
	}
}

func TestCentsString(t *testing.T) {
	t.Parallel()
	for c, want := range map[Cents]string{0: "0.00", 5: "0.05", 44000: "440.00", -101: "-1.01"} {
		if c.String() != want {
			t.Errorf("%d cents: %s, want %s", int64(c), c, want)
		}
	}
}

// The figures here were computed from the same files with Python's decimal module, independently of this code.
func TestFigures(t *testing.T) {
	t.Parallel()
	f := figures(t)
	if f.Total().String() != "1265811.86" {
		t.Errorf("total of all orders: %s, want 1265811.86", f.Total())
	}
	units, shipped, all := 0, 0, sha256.New()
	for _, o := range f.Orders {
		units += o.Units
		if o.Status() == "shipped" {
			shipped++
		}
		fmt.Fprintf(all, "%s %s\n", o.ID, o.Total)
	}
	if len(f.Orders) != 830 || shipped != 809 || units != 51317 {
		t.Errorf("%d orders, %d shipped, %d units", len(f.Orders), shipped, units)
	}
	// Every single total: the hash of 830 lines "10248 440.00", ascending by id.
	if got := hex.EncodeToString(all.Sum(nil)); got != "82f570cebde2d3ae07ceec96006aec77499d459184f41365ed7c8110e88315bf" {
		t.Errorf("the orders' totals hash to %s", got)
	}
	first := f.Orders[0]
	if first.ID != "10248" || first.Total != 44000 || first.Units != 27 || first.TrackingNumber != "NW-10248" ||
		first.Status() != "shipped" {
		t.Errorf("first order: %+v, want 10248, shipped", first)
	}
	if last := f.Orders[829]; last.ID != "11077" || last.Total.String() != "1255.72" || last.TrackingNumber != "" ||
		last.Status() != "paid" {
		t.Errorf("last order: %+v, want 11077, paid", last)
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	f := figures(t)
	want := map[string]string{ // received, ordered, shipped, on hand, available; orders, revenue
		"1":  "827 828 788 39 -1; 38 12788.10",
		"5":  "298 298 298 0 0; 10 5347.20",
		"29": "746 746 746 0 0; 32 80368.14",
		"38": "640 623 623 17 17; 24 141397.26",
		"77": "793 791 761 32 2; 38 9171.63",
	}
	shipped, onHand := 0, 0
	for _, p := range f.Products {
		shipped, onHand = shipped+p.Shipped, onHand+p.OnHand()
		got := fmt.Sprintf("%d %d %d %d %d; %d %s", p.Received, p.Ordered, p.Shipped, p.OnHand(), p.Available(),
			p.Orders, p.Revenue)
		if w, known := want[p.ID]; known && got != w {
			t.Errorf("product %s: %s, want %s", p.ID, got, w)
		}
	}
	if shipped != 50119 || onHand != 3119 {
		t.Errorf("%d shipped, %d on hand", shipped, onHand)
	}
	ranked := f.ByRevenue()
	if len(ranked) != 77 || ranked[0].ID != "38" || ranked[1].ID != "29" || ranked[2].ID != "59" || ranked[3].ID != "62" {
		t.Errorf("ranking of %d products: %v", len(ranked), ranked[:4])
	}
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	without, most := []string{}, Customer{}
	for _, c := range figures(t).Customers {
		if len(c.Orders) == 0 {
			without = append(without, c.ID)
		}
		if len(c.Orders) > len(most.Orders) {
			most = c
		}
	}
	if fmt.Sprint(without) != "[FISSA PARIS]" || most.ID != "SAVEA" || len(most.Orders) != 31 {
		t.Errorf("customers without orders: %v; most orders: %s, %d", without, most.ID, len(most.Orders))
	}
}

// A product on two lines of an order counts as one order, and a product without sales is in no ranking.
func TestSmall(t *testing.T) {
	t.Parallel()
	line := data.Line{OrderID: "7", ProductID: "1", UnitPrice: "1.00", Quantity: 2, Discount: "0"}
	f, err := From(data.Northwind{
		Products:  []data.Product{{ID: "1", UnitPrice: "1"}, {ID: "2", UnitPrice: "2"}},
		Customers: []data.Customer{{ID: "A"}},
		Orders:    []data.Order{{ID: "7", CustomerID: "A", Lines: []data.Line{line, line}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := f.Products[0]; p.Orders != 1 || p.Ordered != 4 || p.Revenue != 400 || p.Shipped != 0 {
		t.Errorf("first product: %+v, want 4 ordered in 1 order, none shipped", p)
	}
	if ranked := f.ByRevenue(); len(ranked) != 1 || ranked[0].ID != "1" {
		t.Errorf("products by revenue: %+v, want product 1 alone", ranked)
	}
	if _, err := From(data.Northwind{Products: []data.Product{{ID: "1", UnitPrice: "1.005"}}}); err == nil {
		t.Error("a price with half a cent was no error")
	}
}

func figures(t *testing.T) Figures {
	t.Helper()
	nw, err := data.Load()
	if err != nil {
		t.Fatal(err)
	}
	f, err := From(nw)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

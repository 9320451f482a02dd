package importer

import (
	"testing"

	"github.com/annals-es/annals/test/northwind/data"
)

func TestUnitPrice(t *testing.T) {
	t.Parallel()
	cases := []struct{ price, discount, want string }{
		{"14.00", "0", "14.00"},
		{"42.40", "0.15", "36.04"},
		{"7.70", "0.05", "7.32"},  // 7.315: half up
		{"2.50", "0.15", "2.13"},  // 2.125, which half to even makes 2.12
		{"10.10", "0.25", "7.58"}, // 7.575, which binary fractions make 7.57
		{"18", "1", "0.00"},
	}
	for _, c := range cases {
		got, err := unitPrice(data.Line{UnitPrice: c.price, Discount: c.discount})
		if err != nil || got.Number() != c.want {
			t.Errorf("%s less %s: %s, %v; want %s", c.price, c.discount, got, err, c.want)
		}
	}
	for _, bad := range []data.Line{{UnitPrice: "x", Discount: "0"}, {UnitPrice: "1", Discount: "x"}} {
		if got, err := unitPrice(bad); err == nil {
			t.Errorf("%+v: %s, want an error", bad, got)
		}
	}
}

package projection_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ a, b, sum string }{
		{"0", "0", "0"},
		{"1.10", "2.9", "4.00"},
		{"-0.05", "0.04", "-0.01"},
		{"99999999999999999999", "1", "100000000000000000000"},
		{"12", "-12.5", "-0.5"},
		{"-3", "1", "-2"},
	} {
		a, err := projection.Decimal(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := projection.Decimal(test.b)
		if err != nil {
			t.Fatal(err)
		}
		sum := a.Plus(b)
		if sum.String() != test.sum {
			t.Errorf("%s + %s = %s, want %s", test.a, test.b, sum, test.sum)
		}
		if back := sum.Plus(b.Negative()); back.Cmp(a) != 0 || !back.Equal(a) {
			t.Errorf("%s - %s: %s, want %s", sum, b, back, a)
		}
		if one := sum.Plus(projection.Int(1)); one.Cmp(sum) != 1 || sum.Cmp(one) != -1 || sum.Equal(one) {
			t.Errorf("%s and %s compare as %d", sum, one, sum.Cmp(one))
		}
	}
	for _, bad := range []string{"", ".", "-", "1e3", "1.2.3", "1.-2", "0x1", "1_000", "1._1", "NaN"} {
		if n, err := projection.Decimal(bad); err == nil {
			t.Errorf("%q was read as %s", bad, n)
		}
	}
	if n := projection.Int(-7).Plus(projection.Number{}); n.String() != "-7" {
		t.Errorf("-7 + 0 = %s", n)
	}
}

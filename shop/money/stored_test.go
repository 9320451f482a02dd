package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/annals-es/annals/shop/money"
)

// read is an amount as read from a table. ZZZ stands for a retired code, which is on no current list.
func read(t *testing.T, amount, code string) money.Money {
	t.Helper()
	var m money.Money
	if err := json.Unmarshal(fmt.Appendf(nil, `{"amount":%q,"currency":%q}`, amount, code), &m); err != nil {
		t.Fatalf("%s %s is no longer read: %v", amount, code, err)
	}
	return m
}

// TestStoredIsReadForEver: a retired currency code, and a currency that has more or fewer decimals now.
func TestStoredIsReadForEver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ amount, code, want string }{
		{"12.30", "ZZZ", "12.30 ZZZ"}, {"500", "ZZZ", "500 ZZZ"}, {"-0.001", "ZZZ", "-0.001 ZZZ"},
		{"0.00", "ZZZ", "0.00 ZZZ"},
		{"5", "USD", "5.00 USD"}, {"1.234", "USD", "1.234 USD"}, {"1.200", "USD", "1.20 USD"}, {"7.00", "JPY", "7 JPY"},
		{"7.05", "JPY", "7.05 JPY"},
		{"9999999999999999.99", "CLF", "9999999999999999.9900 CLF"}, // 20 digits with today's decimals
	} {
		m := read(t, tt.amount, tt.code)
		if m.String() != tt.want || m.Amount()+" "+m.Currency() != tt.want {
			t.Errorf("%s %s is read as %s, want %s", tt.amount, tt.code, m, tt.want)
		}
		data, err := json.Marshal(m)
		if back := read(t, m.Amount(), m.Currency()); err != nil || back != m {
			t.Errorf("%s read back from %s: %s, %v", m, data, back, err)
		}
	}
	if m, err := money.New("1", "ZZZ"); !errors.As(err, new(*money.InvalidError)) {
		t.Errorf("a new amount in a retired currency: %s, %v", m, err)
	}
}

func TestStoredAddsUp(t *testing.T) {
	t.Parallel()
	z := func(amount string) money.Money { return read(t, amount, "ZZZ") }
	clf := read(t, "9999999999999999.99", "CLF")
	for _, tt := range []struct {
		name string
		got  func() (money.Money, error)
		want string
	}{
		{"a retired currency", func() (money.Money, error) { return z("0.10").Add(z("0.20")) }, "0.30 ZZZ"},
		{"to no money", func() (money.Money, error) { return money.Money{}.Add(z("0.20")) }, "0.20 ZZZ"},
		{"no money from it", func() (money.Money, error) { return z("0.20").Sub(money.Money{}) }, "0.20 ZZZ"},
		{"down to zero", func() (money.Money, error) { return z("0.20").Sub(z("0.20")) }, "0.00 ZZZ"},
		{"below zero", func() (money.Money, error) { return z("0.20").Zero().Sub(z("0.20")) }, "-0.20 ZZZ"},
		{"times", func() (money.Money, error) { return z("1.25").Mul(4) }, "5.00 ZZZ"},
		{"other decimals", func() (money.Money, error) { return z("1").Add(z("0.25")) }, "1.25 ZZZ"},
		{
			"more decimals than today",
			func() (money.Money, error) { return read(t, "1.005", "USD").Add(usd("1")) }, "2.005 USD",
		},
		{
			"until today's are enough",
			func() (money.Money, error) { return read(t, "1.005", "USD").Sub(read(t, "0.005", "USD")) }, "1.00 USD",
		},
		{
			"more digits than a new amount",
			func() (money.Money, error) { return clf.Sub(read(t, "0.99", "CLF")) }, "9999999999999999.0000 CLF",
		},
	} {
		if got, err := tt.got(); err != nil || got.String() != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	if sum, err := clf.Add(clf); !errors.As(err, new(*money.RangeError)) {
		t.Errorf("a sum with more digits than both: %s, %v", sum, err)
	}
	if _, err := z("1").Add(usd("1")); !errors.As(err, new(*money.CurrencyMismatchError)) {
		t.Errorf("add two currencies: %v, want CurrencyMismatchError", err)
	}
}

func TestStoredCompares(t *testing.T) {
	t.Parallel()
	one, two := read(t, "1.00", "ZZZ"), read(t, "2.00", "ZZZ")
	if c, err := one.Cmp(two); c != -1 || err != nil || !one.IsPositive() || one.Zero().Sign() != 0 {
		t.Errorf("compare %s with %s: %d, %v, want -1", one, two, c, err)
	}
	if !one.Equal(read(t, "1.0", "ZZZ")) || one.Equal(two) || one.Equal(usd("1")) || read(t, "1.000", "USD") != usd("1") {
		t.Error("equal is what has the same amount and currency")
	}
	if got := read(t, "12.34", "ZZZ").MinorUnits(); got != 1234 {
		t.Errorf("12.34 ZZZ: %d minor units, want 1234", got)
	}
	for amount, want := range map[string]int64{
		"9999999999999999.99": math.MaxInt64, "-9999999999999999.99": math.MinInt64,
	} {
		if got := read(t, amount, "CLF").MinorUnits(); got != want {
			t.Errorf("%s CLF: %d minor units, want %d", amount, got, want)
		}
	}
}

func TestHeld(t *testing.T) {
	t.Parallel()
	for _, ok := range [][2]string{{"1", "USD"}, {"1.50", "ZZZ"}, {"1.005", "USD"}, {"9999999999999999.99", "USD"}} {
		if m, err := money.Held(ok[0], ok[1]); err != nil || !m.Equal(read(t, ok[0], ok[1])) {
			t.Errorf("hold %s: %s, %v", ok, m, err)
		}
	}
	for _, wrong := range [][2]string{
		{"1", "zzz"}, {"x", "ZZZ"}, {"10000000000000000.00", "ZZZ"}, {"10000000000000000", "USD"},
	} {
		if m, err := money.Held(wrong[0], wrong[1]); !errors.As(err, new(*money.InvalidError)) {
			t.Errorf("hold %s: %s, %v, want InvalidError", wrong, m, err)
		}
	}
	if a := usd("1"); a.FinerThan(usd("2.50")) || !read(t, "0.001", "USD").FinerThan(a) ||
		a.FinerThan(read(t, "0.001", "USD")) {
		t.Error("finer is what has more decimals")
	}
}

package money_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/annals-es/annals/shop/money"
)

func TestArithmetic(t *testing.T) {
	t.Parallel()
	var none money.Money
	tests := []struct {
		name string
		got  func() (money.Money, error)
		want money.Money
	}{
		{"add", func() (money.Money, error) { return usd("0.10").Add(usd("0.20")) }, usd("0.30")},
		{"add negative", func() (money.Money, error) { return usd("1").Add(usd("-1")) }, usd("0")},
		{"add to no money", func() (money.Money, error) { return none.Add(usd("5")) }, usd("5")},
		{"add no money", func() (money.Money, error) { return usd("5").Add(none) }, usd("5")},
		{"add no money to none", func() (money.Money, error) { return none.Add(none) }, none},
		{"subtract", func() (money.Money, error) { return usd("1").Sub(usd("0.99")) }, usd("0.01")},
		{"subtract to below zero", func() (money.Money, error) { return usd("1").Sub(usd("2.50")) }, usd("-1.50")},
		{"subtract from no money", func() (money.Money, error) { return none.Sub(usd("5")) }, usd("-5")},
		{"subtract no money", func() (money.Money, error) { return usd("5").Sub(none) }, usd("5")},
		{"multiply", func() (money.Money, error) { return usd("19.99").Mul(3) }, usd("59.97")},
		{"multiply by zero", func() (money.Money, error) { return usd("-19.99").Mul(0) }, usd("0")},
		{"multiply by less than zero", func() (money.Money, error) { return usd("1.01").Mul(-2) }, usd("-2.02")},
		{"multiply no money", func() (money.Money, error) { return none.Mul(3) }, none},
		{"zero", func() (money.Money, error) { return jpy("7").Zero(), nil }, jpy("0")},
	}
	for _, tt := range tests {
		got, err := tt.got()
		if err != nil || !got.Equal(tt.want) || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestCmp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b money.Money
		want int
	}{
		{usd("1"), usd("2"), -1}, {usd("2"), usd("1"), 1}, {usd("1"), usd("1.00"), 0}, {usd("-1"), usd("0"), -1},
		{money.Money{}, usd("0"), 0}, {money.Money{}, usd("1"), -1}, {usd("1"), money.Money{}, 1},
		{money.Money{}, money.Money{}, 0},
	}
	for _, tt := range tests {
		if got, err := tt.a.Cmp(tt.b); got != tt.want || err != nil {
			t.Errorf("%s with %s: got %d, %v, want %d", tt.a, tt.b, got, err, tt.want)
		}
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]int{"0.01": 1, "0": 0, "-0.01": -1} {
		m := usd(amount)
		if m.Sign() != want || m.IsPositive() != (want > 0) || m.IsNegative() != (want < 0) {
			t.Errorf("%s: sign %d, positive %v, negative %v", m, m.Sign(), m.IsPositive(), m.IsNegative())
		}
	}
}

func TestCurrenciesDoNotMix(t *testing.T) {
	t.Parallel()
	a, b := usd("0"), jpy("0") // not even amounts of zero
	_, add := a.Add(b)
	_, sub := a.Sub(b)
	_, cmp := a.Cmp(b)
	for op, err := range map[string]error{"add": add, "sub": sub, "cmp": cmp} {
		var mismatch *money.CurrencyMismatchError
		if !errors.As(fmt.Errorf("wrapped: %w", err), &mismatch) || mismatch.A != "USD" || mismatch.B != "JPY" {
			t.Errorf("%s of USD and JPY: %v, want CurrencyMismatchError", op, err)
		}
	}
	if a.Equal(b) {
		t.Error("zero dollars equal zero yen")
	}
}

func TestResultsTooLarge(t *testing.T) {
	t.Parallel()
	most := usd("9999999999999999.99")
	_, add := most.Add(usd("0.01"))
	_, sub := usd("-9999999999999999.99").Sub(usd("0.01"))
	_, mul := most.Mul(2)
	_, much := most.Mul(math.MaxInt)
	_, less := most.Mul(math.MinInt)
	for op, err := range map[string]error{
		"add": add, "sub": sub, "mul": mul, "mul by the largest int": much, "mul by the smallest": less,
	} {
		var tooLarge *money.RangeError
		if !errors.As(fmt.Errorf("wrapped: %w", err), &tooLarge) || tooLarge.Currency != "USD" {
			t.Errorf("%s beyond the largest amount: %v, want RangeError", op, err)
		}
	}
}

// TestArithmeticIsExact compares with integers of any size.
func TestArithmeticIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() int64 { return random.Int64N(1e18) >> random.IntN(60) * int64(1-2*random.IntN(2)) }
	for range 20_000 {
		code := []string{"JPY", "USD", "BHD", "CLF"}[random.IntN(4)]
		x, y, n := draw(), draw(), draw()
		a, b := money.Must(money.FromMinorUnits(x, code)), money.Must(money.FromMinorUnits(y, code))
		big1 := func(op func(z, x, y *big.Int) *big.Int, y int64) *big.Int {
			return op(new(big.Int), big.NewInt(x), big.NewInt(y))
		}
		same := func(op string, got money.Money, err error, want *big.Int) {
			t.Helper()
			if fits := new(big.Int).Abs(want).Cmp(big.NewInt(1e18)) < 0; fits != (err == nil) {
				t.Fatalf("%s of %s, %s and %d: %v, want %v", op, a, b, n, err, want)
			} else if !fits {
				return
			}
			if exact := money.Must(money.FromMinorUnits(want.Int64(), code)); got != exact {
				t.Fatalf("%s of %s, %s and %d: got %s, want %s", op, a, b, n, got, exact)
			}
		}
		sum, err := a.Add(b)
		same("sum", sum, err, big1((*big.Int).Add, y))
		difference, err := a.Sub(b)
		same("difference", difference, err, big1((*big.Int).Sub, y))
		product, err := a.Mul(int(n))
		same("product", product, err, big1((*big.Int).Mul, n))
		if cmp, err := a.Cmp(b); err != nil || cmp != big.NewInt(x).Cmp(big.NewInt(y)) {
			t.Fatalf("compare %s with %s: %d, %v", a, b, cmp, err)
		}
	}
}

package money_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/money"
)

func TestNew(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount, currency string
		want             string // as String
		minor            int64
	}{
		{"12.34", "USD", "12.34 USD", 1234},
		{"5", "USD", "5.00 USD", 500},
		{"5.1", "EUR", "5.10 EUR", 510},
		{"-0.01", "USD", "-0.01 USD", -1},
		{"0", "USD", "0.00 USD", 0},
		{"-0.00", "USD", "0.00 USD", 0},
		{"500", "JPY", "500 JPY", 500},
		{"1.234", "BHD", "1.234 BHD", 1234},
		{"0.0001", "CLF", "0.0001 CLF", 1},
		{"9999999999999999.99", "USD", "9999999999999999.99 USD", 999999999999999999},
		{"-9999999999999999.99", "USD", "-9999999999999999.99 USD", -999999999999999999},
		{"999999999999999999", "JPY", "999999999999999999 JPY", 999999999999999999},
	}
	for _, tt := range tests {
		t.Run(tt.amount+tt.currency, func(t *testing.T) {
			t.Parallel()
			m, err := money.New(tt.amount, tt.currency)
			if err != nil {
				t.Fatal(err)
			}
			if m.String() != tt.want || m.MinorUnits() != tt.minor || m.Amount()+" "+m.Currency() != tt.want {
				t.Errorf("got %s, %d minor units, want %s, %d", m, m.MinorUnits(), tt.want, tt.minor)
			}
			same, err := money.FromMinorUnits(tt.minor, tt.currency)
			if err != nil || !same.Equal(m) || same != m {
				t.Errorf("from minor units: %s %v, want %s", same, err, m)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const (
		notPlain = "not a plain decimal number"
		tooMany  = "more decimals than the currency"
		tooLarge = "too large"
		unknown  = "not a current ISO 4217 code"
	)
	tests := []struct{ amount, currency, says string }{
		{"", "USD", notPlain}, {"-", "USD", notPlain}, {".", "USD", notPlain}, {".5", "USD", notPlain},
		{"5.", "USD", notPlain},
		{"+5", "USD", notPlain}, {"--5", "USD", notPlain}, {"05", "USD", notPlain}, {"00", "USD", notPlain},
		{" 5", "USD", notPlain},
		{"5 ", "USD", notPlain}, {"1,000", "USD", notPlain}, {"1_000", "USD", notPlain}, {"1.2.3", "USD", notPlain},
		{"1.-2", "USD", notPlain}, {"0x10", "USD", notPlain}, {"٥", "USD", notPlain}, {"five", "USD", notPlain},
		{"NaN", "USD", notPlain}, {"Infinity", "USD", notPlain}, {"-inf", "USD", notPlain},
		{"1e3", "USD", notPlain}, {"1E3", "USD", notPlain}, {"1e999999999", "USD", notPlain},
		{"1e-999999999", "USD", notPlain},
		{"1.234", "USD", tooMany}, {"1.000", "USD", tooMany}, {"1.0", "JPY", tooMany}, {"0.00001", "CLF", tooMany},
		{"0." + strings.Repeat("0", 1<<20), "USD", tooMany},
		{"10000000000000000.00", "USD", tooLarge}, {"10000000000000000", "USD", tooLarge},
		{"-10000000000000000", "USD", tooLarge},
		{"1000000000000000000", "JPY", tooLarge}, {strings.Repeat("9", 1<<20), "USD", tooLarge},
		{"5", "", unknown}, {"5", "usd", unknown}, {"5", "XXZ", unknown}, {"5", "US", unknown}, {"5", "USDT", unknown},
		{"5", " USD", unknown},
	}
	for _, tt := range tests {
		_, err := money.New(tt.amount, tt.currency)
		var invalid *money.InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(invalid.Reason, tt.says) {
			t.Errorf("%.20q %q: got %v, want an error with %q", tt.amount, tt.currency, err, tt.says)
			continue
		}
		if n := len(err.Error()); n > 200 {
			t.Errorf("%.20q %q: the error is %d bytes long", tt.amount, tt.currency, n)
		}
	}
}

func TestFromMinorUnitsRefuses(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1e18, -1e18, math.MaxInt64, math.MinInt64} {
		var tooLarge *money.RangeError
		if m, err := money.FromMinorUnits(n, "USD"); !errors.As(err, &tooLarge) || tooLarge.Currency != "USD" {
			t.Errorf("%d minor units: %s, %v, want RangeError", n, m, err)
		}
	}
	var invalid *money.InvalidError
	if m, err := money.FromMinorUnits(1, "ABC"); !errors.As(err, &invalid) || invalid.Currency != "ABC" {
		t.Errorf("unknown currency: got %s, %v", m, err)
	}
}

func TestMust(t *testing.T) {
	t.Parallel()
	if got := money.Must(money.New("5", "USD")).String(); got != "5.00 USD" {
		t.Errorf("text of 5 USD: %s, want 5.00 USD", got)
	}
	defer func() {
		if _, ok := recover().(*money.InvalidError); !ok {
			t.Error("want a panic with the error")
		}
	}()
	money.Must(money.New("five", "USD"))
}

func TestNoMoney(t *testing.T) {
	t.Parallel()
	var none money.Money
	if none.Amount() != "0" || none.Currency() != "" || none.MinorUnits() != 0 || none.String() != "0" ||
		none.Sign() != 0 {
		t.Errorf("got amount %q, currency %q, %d minor units, string %q, sign %d",
			none.Amount(), none.Currency(), none.MinorUnits(), none, none.Sign())
	}
	if none.Zero() != none || !none.Equal(money.Money{}) || none.Equal(usd("0")) {
		t.Error("no money is equal to itself, and not to zero in a currency")
	}
}

// usd is an amount of dollars.
func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func jpy(amount string) money.Money { return money.Must(money.New(amount, "JPY")) }

package rule_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

func TestCommon(t *testing.T) {
	t.Parallel()
	var none money.Money
	usd := func(amount string) money.Money { return money.Must(money.New(amount, "USD")) }
	_, mismatch := usd("1").Add(money.Must(money.New("1", "EUR")))
	_, tooLarge := usd("1").Mul(math.MaxInt)
	provoked := map[rule.Code]bool{}
	tests := []struct {
		name string
		got  error
		want rule.Code // "" = none
	}{
		{"an amount above zero", rule.Positive("amount", usd("0.01")), ""},
		{"an amount of zero", rule.Positive("amount", usd("0")), rule.AmountNotPositive},
		{"an amount below zero", rule.Positive("amount", usd("-0.01")), rule.AmountNotPositive},
		{"no amount", rule.Positive("amount", none), rule.AmountNotPositive},
		{"a price of zero", rule.NotNegative("price", usd("0")), ""},
		{"a price below zero", rule.NotNegative("price", usd("-0.01")), rule.AmountNegative},
		{"no price", rule.NotNegative("price", none), rule.CurrencyMissing},
		{"as many decimals", rule.NotFiner("amount", usd("1"), usd("2")), ""},
		{"more decimals", rule.NotFiner("amount", money.Must(money.Stored("0.001", "USD")), usd("2")), rule.AmountTooFine},
		{"1 unit", rule.Quantity(1), ""},
		{"the most units", rule.Quantity(rule.MaxQuantity), ""},
		{"0 units", rule.Quantity(0), rule.QuantityNotPositive},
		{"-1 units", rule.Quantity(-1), rule.QuantityNotPositive},
		{"fewest units", rule.Quantity(math.MinInt), rule.QuantityNotPositive},
		{"a unit too many", rule.Quantity(rule.MaxQuantity + 1), rule.QuantityTooLarge},
		{"as many units as are held", rule.Together(rule.MaxUnits-1, 1), ""},
		{"more units than are held", rule.Together(rule.MaxUnits, 1), rule.QuantityTooLarge},
		{"more units than an int", rule.Together(rule.MaxUnits, math.MaxInt), rule.QuantityTooLarge},
		{"two currencies", rule.Arithmetic(fmt.Errorf("add: %w", mismatch)), rule.CurrencyMismatch},
		{"a result too large", rule.Arithmetic(fmt.Errorf("mul: %w", tooLarge)), rule.AmountTooLarge},
		{"no error", rule.Arithmetic(nil), ""},
		{"an id", rule.ID("id", "acc-1"), ""},
		{"an id of another stream", rule.ID("id", "a#b"), rule.IDMalformed},
		{"a text", rule.Description.Check("text", ""), ""},
		{"no text", rule.OwnerName.Check("text", ""), rule.TextMissing},
		{"a long text", rule.PostalCode.Check("text", strings.Repeat("x", 41)), rule.TextTooLong},
		{"a text that is not UTF-8", rule.Description.Check("text", "\xff"), rule.TextMalformed},
		{"no e-mail address", rule.Email("nonsense"), rule.EmailMalformed},
	}
	for _, tt := range tests {
		provoked[tt.want] = true
		if tt.want == "" && tt.got != nil || tt.want != "" && !rule.Violated(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, tt.got, tt.want)
		}
	}
	for _, code := range rule.Common {
		if !provoked[code] {
			t.Errorf("no test provokes %s", code)
		}
	}
	if other := errors.New("other"); !errors.Is(rule.Arithmetic(other), other) {
		t.Error("another error is not kept")
	}
}

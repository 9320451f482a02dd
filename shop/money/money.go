// Package money is exact amounts of money: a decimal number and an ISO 4217 currency. Start with [New]. Amounts are
// never rounded: an amount with more decimals than its currency is refused, and so is a result that is too large.
//
// The list of currencies changes: codes are retired, and some get other decimals. Only new amounts are checked against
// the current list ([New]). Stored amounts are read whatever the current list says ([Stored], and JSON), and can be
// used in arithmetic.
package money

import (
	"math"
	"math/big"
	"strings"

	"github.com/bojanz/currency"
)

// MaxDigits is the most digits of a new amount, including those after the decimal point: up to 9,999,999,999,999,999.99
// USD.
const MaxDigits = 18

// Money is an amount in a currency. It is immutable, and always has all the decimals of its currency: "5.00" USD, "5"
// JPY. Equal values are also == and deeply equal. Amounts in a currency that is not on the current list keep the
// decimals that they were stored with: compare these with Equal.
//
// The zero Money is no money: no currency, and the amount "0". In Add, Sub and Cmp it takes the other's currency. In
// JSON it is null, and the option omitzero leaves it out of a struct; zero in a currency is kept. (Money has no method
// IsZero, because omitzero would call it. Use Sign.)
type Money struct{ number, code string }

// The syntax that [New] and [Held] accept, as regular expressions. They do not check that the currency exists, or that
// the amount fits it.
const (
	AmountPattern = `^-?(0|[1-9][0-9]*)([.][0-9]+)?$`
	CodePattern   = `^[A-Z]{3}$`
)

const (
	notListed = "the currency is not a current ISO 4217 code, such as USD"
	notPlain  = "the amount is not a plain decimal number, such as 12.34"
	tooLarge  = "the amount is too large"
)

// New reads a new amount such as "12.34" in a currency such as "USD".
//
// Errors: [InvalidError] if amount is not a plain decimal number (an optional '-', digits, no exponent), or has more
// decimals than the currency or more than MaxDigits digits, or if the currency is not on the current list.
func New(amount, currencyCode string) (Money, error) {
	refuse := func(reason string) (Money, error) {
		return Money{}, &InvalidError{Amount: amount, Currency: currencyCode, Reason: reason}
	}
	digits, listed := currency.GetDigits(currencyCode)
	if !listed {
		return refuse(notListed)
	}
	whole, decimals, plain := split(amount)
	switch {
	case !plain:
		return refuse(notPlain)
	case len(decimals) > int(digits):
		return refuse("the amount has more decimals than the currency")
	case len(whole)+int(digits) > MaxDigits:
		return refuse(tooLarge)
	}
	return parse(amount).in(currencyCode), nil
}

// Must returns m, and panics if there is an error. It is for amounts that are known to be valid: constants, and events
// whose decisions checked them.
func Must(m Money, err error) Money {
	if err != nil {
		panic(err)
	}
	return m
}

// FromMinorUnits returns a new amount of n of the currency's smallest units: 1234 is 12.34 USD, 12 is 12 JPY.
//
// Errors: [InvalidError] if the currency is not on the current list, [RangeError] if n has more than MaxDigits digits.
func FromMinorUnits(n int64, currencyCode string) (Money, error) {
	digits, listed := currency.GetDigits(currencyCode)
	if !listed {
		return Money{}, &InvalidError{Currency: currencyCode, Reason: notListed}
	}
	return limited(decimal{units: big.NewInt(n), scale: int(digits)}, MaxDigits, currencyCode)
}

// Amount is the decimal number, with all the decimals of its currency: "12.30"; "0" for no money.
func (m Money) Amount() string {
	if m.number == "" {
		return "0"
	}
	return m.number
}

// Currency is the ISO 4217 code, "" for no money.
func (m Money) Currency() string { return m.code }

// MinorUnits is the amount in units of its last decimal, the currency's smallest: 1234 for 12.34 USD. If it does not
// fit, which only happens to stored amounts, it is the largest or the smallest int64.
func (m Money) MinorUnits() int64 {
	units := m.decimal().units
	switch {
	case units.IsInt64():
		return units.Int64()
	case units.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// String returns the amount and the currency: "12.30 USD".
func (m Money) String() string { return strings.TrimSpace(m.Amount() + " " + m.code) }

// split splits a plain decimal number, as in AmountPattern.
func split(s string) (whole, decimals string, plain bool) {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	plain = allDigits(whole) && (whole == "0" || whole[0] != '0') && (!point || allDigits(decimals))
	return whole, decimals, plain
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Package money is exact amounts of money: a decimal and an ISO 4217 currency. Amounts are never rounded: what has more
// decimals than its currency is refused, and so is a result that is too large.
//
// The list of currencies changes: codes are retired, and the number of decimals of others changes. Only new amounts are
// held against today's list ([New]). What was stored is read whatever the list says now ([Stored], and JSON), and
// counted with.
package money

import (
	"math"
	"math/big"
	"strings"

	"github.com/bojanz/currency"
)

// MaxDigits is the most digits that a new amount can have, those after the decimal point included: up to
// 9,999,999,999,999,999.99 USD.
const MaxDigits = 18

// Money is an amount in a currency. It is immutable, and always has all the decimals of its currency: "5.00" USD, "5" JPY.
// Equal values are also == and deeply equal. Amounts in a currency that is not on today's list keep the decimals that
// they were stored with: of these, compare with Equal.
//
// The zero Money is no money yet: no currency, an amount of "0". It takes the other's currency in Add, Sub and Cmp, is
// null in JSON, and is left out of a struct by the JSON option omitzero, which keeps an amount of zero in a currency.
// (That is why there is no method IsZero: omitzero would ask it. Use Sign.)
type Money struct{ number, code string }

// What [New] and [Held] read, as regular expressions. That an amount fits its currency, and that there is such a
// currency, they do not say.
const (
	AmountPattern = `^-?(0|[1-9][0-9]*)([.][0-9]+)?$`
	CodePattern   = `^[A-Z]{3}$`
)

const (
	notListed = "the currency is not on today's list of ISO 4217 codes, such as USD"
	notPlain  = "the amount is not a plain decimal number, such as 12.34"
	tooLarge  = "the amount is too large"
)

// New reads a new amount such as "12.34" in a currency such as "USD".
//
// Errors: [InvalidError] where amount is not a plain decimal number (an optional '-', digits, no exponent), has more
// decimals than the currency or more than MaxDigits digits, or where the currency is not on today's list.
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

// Must returns m, or panics if there is an error. It is for amounts that are known to be right: constants, and the fold of
// events whose decisions checked them.
func Must(m Money, err error) Money {
	if err != nil {
		panic(err)
	}
	return m
}

// FromMinorUnits returns a new amount of n of the currency's smallest units: 1234 for 12.34 USD, 12 for 12 JPY.
//
// Errors: [InvalidError] where the currency is not on today's list, [RangeError] where n has more than MaxDigits
// digits.
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

// MinorUnits is the amount in units of its last decimal, the currency's smallest: 1234 for 12.34 USD. What does not
// fit, as only a stored amount may not, is the largest or the smallest int64.
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

// split takes a plain decimal number apart, as AmountPattern has it.
func split(s string) (whole, decimals string, plain bool) {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	plain = allDigits(whole) && (whole == "0" || whole[0] != '0') && (!point || allDigits(decimals))
	return whole, decimals, plain
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Package money is exact amounts of money: a decimal and an ISO 4217 currency. Amounts are never rounded: what has more
// decimals than its currency is refused, and so is a result too large to be exact.
package money

import (
	"strings"

	"github.com/bojanz/currency"
)

// MaxDigits is the most digits that an amount can have, those after the decimal point included: up to
// 9,999,999,999,999,999.99 USD. It keeps every amount, in minor units, within an int64.
const MaxDigits = 18

// Money is an amount in a currency. It is immutable, and always has all the decimals of its currency: "5.00" USD, "5" JPY.
// Equal values are also == and deeply equal.
//
// The zero Money is no money yet: no currency, an amount of "0". It takes the other's currency in Add, Sub and Cmp, is
// null in JSON, and is left out of a struct by the JSON option omitzero, which keeps an amount of zero in a currency.
// (That is why there is no method IsZero: omitzero would ask it. Use Sign.)
type Money struct{ amount currency.Amount }

// New reads an amount such as "12.34" in a currency such as "USD".
//
// Errors: [InvalidError] where amount is not a plain decimal number (an optional '-', digits, no exponent), has more
// decimals than the currency or more than MaxDigits digits, or where the currency is unknown.
func New(amount, currencyCode string) (Money, error) {
	refuse := func(reason string) (Money, error) {
		return Money{}, &InvalidError{Amount: amount, Currency: currencyCode, Reason: reason}
	}
	digits, known := currency.GetDigits(currencyCode)
	if !known {
		return refuse("the currency is not an ISO 4217 code, such as USD")
	}
	whole, decimals, plain := split(amount)
	switch {
	case !plain:
		return refuse("the amount is not a plain decimal number, such as 12.34")
	case len(decimals) > int(digits):
		return refuse("the amount has more decimals than the currency")
	case len(whole)+int(digits) > MaxDigits: // before the library makes anything of it
		return refuse("the amount is too large")
	}
	parsed, err := currency.NewAmount(amount, currencyCode)
	if err != nil {
		return refuse(err.Error())
	}
	return canonical(parsed)
}

// Must returns m, or panics if there is an error. It is for amounts that are known to be right: constants, and the fold of
// events whose decisions checked them.
func Must(m Money, err error) Money {
	if err != nil {
		panic(err)
	}
	return m
}

// FromMinorUnits returns an amount of n of the currency's smallest units: 1234 for 12.34 USD, 12 for 12 JPY.
//
// Errors: [InvalidError] where the currency is unknown, [RangeError] where n has more than MaxDigits digits.
func FromMinorUnits(n int64, currencyCode string) (Money, error) {
	amount, err := currency.NewAmountFromInt64(n, currencyCode)
	if err != nil {
		return Money{}, &InvalidError{Currency: currencyCode, Reason: "the currency is not an ISO 4217 code, such as USD"}
	}
	return canonical(amount)
}

// Amount is the decimal number, with all the decimals of its currency: "12.30"; "0" for no money.
func (m Money) Amount() string { return m.amount.Number() }

// Currency is the ISO 4217 code, "" for no money.
func (m Money) Currency() string { return m.amount.CurrencyCode() }

// MinorUnits is the amount in the currency's smallest units: 1234 for 12.34 USD.
func (m Money) MinorUnits() int64 {
	n, _ := m.amount.Int64() // canonical has seen to it that it fits
	return n
}

// String returns the amount and the currency: "12.30 USD".
func (m Money) String() string { return strings.TrimSpace(m.amount.String()) }

// split takes a plain decimal number apart: -?(0|[1-9][0-9]*)(\.[0-9]+)?
func split(s string) (whole, decimals string, plain bool) {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	plain = allDigits(whole) && (whole == "0" || whole[0] != '0') && (!point || allDigits(decimals))
	return whole, decimals, plain
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Package rule has the rules that several of the shop's aggregates share, and their refusals. Start with [Code].
package rule

import (
	"errors"

	"github.com/annals-es/annals/shop/money"
)

// The rules that several aggregates have in common.
const (
	AmountNotPositive   Code = "amount-not-positive"
	AmountNegative      Code = "amount-negative"
	AmountTooLarge      Code = "amount-too-large"
	AmountTooFine       Code = "amount-too-fine"
	CurrencyMissing     Code = "currency-missing"
	CurrencyMismatch    Code = "currency-mismatch"
	QuantityNotPositive Code = "quantity-not-positive"
	QuantityTooLarge    Code = "quantity-too-large"
	TextMissing         Code = "text-missing"
	TextTooLong         Code = "text-too-long"
	TextMalformed       Code = "text-malformed"
	EmailMalformed      Code = "email-malformed"
)

// MaxQuantity is the most units in one command.
const MaxQuantity = 1_000_000

// MaxUnits is the most units that one aggregate adds up. It is less than 2^53, so every JSON parser reads it exactly.
const MaxUnits = 1_000_000_000_000_000

// Common are the rules above.
var Common = []Code{
	AmountNotPositive, AmountNegative, AmountTooLarge, AmountTooFine, CurrencyMissing, CurrencyMismatch,
	QuantityNotPositive,
	QuantityTooLarge, IDMalformed, TextMissing, TextTooLong, TextMalformed, EmailMalformed,
}

// Positive refuses an amount of zero or less, and no money. Errors: [Violation].
func Positive(what string, m money.Money) error {
	if !m.IsPositive() {
		return AmountNotPositive.Because("the %s must be more than zero, it is %s", what, m)
	}
	return nil
}

// NotNegative refuses a negative amount, and no money, since zero needs a currency too. Errors: [Violation].
func NotNegative(what string, m money.Money) error {
	switch {
	case m.IsNegative():
		return AmountNegative.Because("the %s must not be negative, it is %s", what, m)
	case m.Currency() == "":
		return CurrencyMissing.Because("the %s needs a currency", what)
	}
	return nil
}

// NotFiner refuses an amount that has more decimals than the amount that it is taken from. Errors: [Violation].
func NotFiner(what string, m, from money.Money) error {
	if m.FinerThan(from) {
		return AmountTooFine.Because("the %s %s has more decimals than %s", what, m, from)
	}
	return nil
}

// Quantity refuses a number of units that is not between 1 and MaxQuantity. Errors: [Violation].
func Quantity(units int) error {
	switch {
	case units < 1:
		return QuantityNotPositive.Because("the quantity must be at least 1, it is %d", units)
	case units > MaxQuantity:
		return QuantityTooLarge.Because("the quantity must be at most %d, it is %d", MaxQuantity, units)
	}
	return nil
}

// Together refuses units that an aggregate can't hold in addition to those that it has. Errors: [Violation].
func Together(have, more int) error {
	if more > MaxUnits-have {
		return QuantityTooLarge.Because("there are %d units: adding %d exceeds %d", have, more, MaxUnits)
	}
	return nil
}

// Arithmetic converts an error of package money's arithmetic to the [Violation] of its rule. It returns other errors,
// and nil, unchanged.
func Arithmetic(err error) error {
	var mismatch *money.CurrencyMismatchError
	var tooLarge *money.RangeError
	switch {
	case errors.As(err, &mismatch):
		return CurrencyMismatch.Because("%v", mismatch)
	case errors.As(err, &tooLarge):
		return AmountTooLarge.Because("%v", tooLarge)
	}
	return err
}

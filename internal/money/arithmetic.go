package money

import (
	"strconv"

	"github.com/bojanz/currency"
)

// Add returns m + n.
//
// Errors: [CurrencyMismatchError], [RangeError].
func (m Money) Add(n Money) (Money, error) {
	if err := m.sameCurrency(n); err != nil {
		return Money{}, err
	}
	sum, err := m.in(n).Add(n.in(m))
	if err != nil {
		return Money{}, err
	}
	return canonical(sum)
}

// Sub returns m - n, which may be negative.
//
// Errors: [CurrencyMismatchError], [RangeError].
func (m Money) Sub(n Money) (Money, error) {
	if err := m.sameCurrency(n); err != nil {
		return Money{}, err
	}
	difference, err := m.in(n).Sub(n.in(m))
	if err != nil {
		return Money{}, err
	}
	return canonical(difference)
}

// Mul returns m × n.
//
// Errors: [RangeError].
func (m Money) Mul(n int) (Money, error) {
	product, err := m.amount.Mul(strconv.Itoa(n))
	if err != nil {
		return Money{}, err
	}
	return canonical(product)
}

// Cmp returns -1, 0 or +1: whether m is less than, the same amount as or more than n.
//
// Errors: [CurrencyMismatchError].
func (m Money) Cmp(n Money) (int, error) {
	if err := m.sameCurrency(n); err != nil {
		return 0, err
	}
	return m.in(n).Cmp(n.in(m))
}

// Equal tells whether amount and currency are the same. No money is not equal to an amount of zero in a currency.
func (m Money) Equal(n Money) bool { return m.amount.Equal(n.amount) }

// Sign returns -1, 0 or +1: whether the amount is negative, zero or positive.
func (m Money) Sign() int {
	switch {
	case m.amount.IsPositive():
		return 1
	case m.amount.IsNegative():
		return -1
	}
	return 0
}

// IsPositive tells whether the amount is more than zero.
func (m Money) IsPositive() bool { return m.Sign() > 0 }

// IsNegative tells whether the amount is less than zero.
func (m Money) IsNegative() bool { return m.Sign() < 0 }

// Zero is an amount of zero in m's currency; no money for no money.
func (m Money) Zero() Money {
	if m.Currency() == "" {
		return Money{}
	}
	return Must(FromMinorUnits(0, m.Currency()))
}

// sameCurrency returns an error if the two can't be put together.
func (m Money) sameCurrency(n Money) error {
	a, b := m.Currency(), n.Currency()
	if a == b || a == "" || b == "" {
		return nil
	}
	return &CurrencyMismatchError{A: a, B: b}
}

// in returns the library's amount, in the currency of n if m has none.
func (m Money) in(n Money) currency.Amount {
	if m.Currency() == "" {
		return n.Zero().amount
	}
	return m.amount
}

// canonical returns an amount of the library, which has no more decimals than its currency, as the one Money that stands
// for it. The library works with 39 digits and rounds silently beyond them; with all operands within MaxDigits it never
// gets there.
func canonical(a currency.Amount) (Money, error) {
	if a.CurrencyCode() == "" {
		return Money{}, nil
	}
	n, err := a.Int64()
	if err != nil || n >= beyond || n <= -beyond {
		return Money{}, &RangeError{Currency: a.CurrencyCode()}
	}
	same, err := currency.NewAmountFromInt64(n, a.CurrencyCode())
	return Money{amount: same}, err
}

// beyond is the first number of minor units that has more than MaxDigits digits.
const beyond = int64(1e18)

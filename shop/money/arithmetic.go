package money

import "math/big"

// Add returns m + n.
//
// Errors: [CurrencyMismatchError], [RangeError].
func (m Money) Add(n Money) (Money, error) {
	return m.with(n, func(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) })
}

// Sub returns m - n, which may be negative.
//
// Errors: [CurrencyMismatchError], [RangeError].
func (m Money) Sub(n Money) (Money, error) {
	return m.with(n, func(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) })
}

// with applies an operation to m and n.
func (m Money) with(n Money, operation func(a, b *big.Int) *big.Int) (Money, error) {
	code, err := m.commonCurrency(n)
	if err != nil || code == "" {
		return Money{}, err
	}
	a, b := same(m.decimal(), n.decimal())
	return limited(decimal{units: operation(a.units, b.units), scale: a.scale}, max(a.digits(), b.digits()), code)
}

// Mul returns m × n.
//
// Errors: [RangeError].
func (m Money) Mul(n int) (Money, error) {
	if m.code == "" {
		return Money{}, nil
	}
	d := m.decimal()
	return limited(decimal{units: new(big.Int).Mul(d.units, big.NewInt(int64(n))), scale: d.scale}, d.digits(), m.code)
}

// Cmp returns -1, 0 or +1 if m is less than, equal to or greater than n.
//
// Errors: [CurrencyMismatchError].
func (m Money) Cmp(n Money) (int, error) {
	if _, err := m.commonCurrency(n); err != nil {
		return 0, err
	}
	a, b := same(m.decimal(), n.decimal())
	return a.units.Cmp(b.units), nil
}

// Equal reports whether amount and currency are the same. No money is not equal to zero in a currency.
func (m Money) Equal(n Money) bool {
	if m == n || m.code != n.code {
		return m == n
	}
	a, b := same(m.decimal(), n.decimal())
	return a.units.Cmp(b.units) == 0
}

// Sign returns -1, 0 or +1 if the amount is negative, zero or positive.
func (m Money) Sign() int { return m.decimal().units.Sign() }

// IsPositive reports whether the amount is more than zero.
func (m Money) IsPositive() bool { return m.Sign() > 0 }

// IsNegative reports whether the amount is less than zero.
func (m Money) IsNegative() bool { return m.Sign() < 0 }

// Zero is an amount of zero in m's currency. For no money it is no money.
func (m Money) Zero() Money {
	if m.code == "" {
		return Money{}
	}
	return decimal{units: new(big.Int), scale: m.decimal().scale}.in(m.code)
}

// commonCurrency returns the currency of both, or an error if they differ.
func (m Money) commonCurrency(n Money) (string, error) {
	switch {
	case m.code == n.code || n.code == "":
		return m.code, nil
	case m.code == "":
		return n.code, nil
	}
	return "", &CurrencyMismatchError{A: m.code, B: n.code}
}

// limited returns a result with at most MaxDigits digits. Stored amounts may have more, if the currency had fewer
// decimals when they were stored. A result of such amounts may have as many digits as they have, so that they can be
// used.
func limited(d decimal, operands int, code string) (Money, error) {
	if result := d.in(code); result.decimal().digits() <= max(MaxDigits, operands) {
		return result, nil
	}
	return Money{}, &RangeError{Currency: code}
}

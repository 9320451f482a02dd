package money

// maxStoredDigits is the most digits of a stored amount. It is far more than any amount has, and limits the time that a
// broken row can take.
const maxStoredDigits = 100

// Stored reads an amount that was valid when it was stored. It does not check the current list of currencies: the code
// may have been retired since, or may have had other decimals. Use [New] for input from outside.
//
// Errors: [InvalidError] if amount is not a plain decimal number or has more than 100 digits, or if the code is not
// three letters from A to Z.
func Stored(amount, currencyCode string) (Money, error) {
	refuse := func(reason string) (Money, error) {
		return Money{}, &InvalidError{Amount: amount, Currency: currencyCode, Reason: reason}
	}
	whole, decimals, plain := split(amount)
	switch {
	case !wellFormed(currencyCode):
		return refuse("the currency is not three letters from A to Z, such as USD: ISO 4217 has no other codes")
	case !plain:
		return refuse(notPlain)
	case len(whole)+len(decimals) > maxStoredDigits:
		return refuse(tooLarge)
	}
	return parse(amount).in(currencyCode), nil
}

// Held reads an amount that is to leave a holder of money. It is read like [Stored], so that money in a currency that
// was retired, or that has fewer decimals now, can leave. It has at most MaxDigits digits, like a new amount. The
// holder must check that currency and decimals fit what it holds: see [Money.FinerThan].
//
// Errors: [InvalidError].
func Held(amount, currencyCode string) (Money, error) {
	m, err := Stored(amount, currencyCode)
	if err == nil && m.decimal().digits() > MaxDigits {
		return Money{}, &InvalidError{Amount: amount, Currency: currencyCode, Reason: tooLarge}
	}
	return m, err
}

// FinerThan reports whether m has more decimals than n.
func (m Money) FinerThan(n Money) bool { return m.decimal().scale > n.decimal().scale }

// wellFormed reports whether a currency's code has the form [A-Z]{3}.
func wellFormed(code string) bool {
	if len(code) != 3 {
		return false
	}
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return false
		}
	}
	return true
}

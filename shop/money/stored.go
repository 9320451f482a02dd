package money

// maxStoredDigits is the most digits of a stored amount. Nothing that was ever written comes near it; it keeps a broken
// row from taking the time of its reader.
const maxStoredDigits = 100

// Stored reads an amount that was valid when it was stored. Today's list of currencies does not matter: the code may be
// retired since, or may have had other decimals. [New] is for what comes from outside.
//
// Errors: [InvalidError] where amount is not a plain decimal number or has more than 100 digits, or where the code is
// not of three letters from A to Z.
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

// Held reads the amount that is to leave what holds money already. It is read as [Stored] reads it, so that what is
// held in a currency that was retired, or that has fewer decimals now, can leave; as a new amount it has at most
// MaxDigits digits. That the currency and the decimals are those of what is held is for the holder to see to:
// [Money.FinerThan].
//
// Errors: [InvalidError].
func Held(amount, currencyCode string) (Money, error) {
	m, err := Stored(amount, currencyCode)
	if err == nil && m.decimal().digits() > MaxDigits {
		return Money{}, &InvalidError{Amount: amount, Currency: currencyCode, Reason: tooLarge}
	}
	return m, err
}

// FinerThan tells whether m has more decimals than n.
func (m Money) FinerThan(n Money) bool { return m.decimal().scale > n.decimal().scale }

// wellFormed tells whether a currency's code can ever have been valid: [A-Z]{3}.
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

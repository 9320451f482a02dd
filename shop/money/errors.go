package money

import "fmt"

// InvalidError reports why something is not an amount of money.
type InvalidError struct {
	// Amount and Currency are the input, as far as it was read.
	Amount, Currency string
	Reason           string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("money %q %q: %s", abbreviate(e.Amount), abbreviate(e.Currency), e.Reason)
}

// CurrencyMismatchError reports that an operation has amounts in two currencies.
type CurrencyMismatchError struct{ A, B string }

func (e *CurrencyMismatchError) Error() string {
	return fmt.Sprintf("currencies differ: %s and %s", e.A, e.B)
}

// RangeError reports that a result has more than MaxDigits digits.
type RangeError struct{ Currency string }

func (e *RangeError) Error() string {
	return fmt.Sprintf("the result in %s has more than %d digits", e.Currency, MaxDigits)
}

// abbreviate cuts long input, so that it does not fill a log.
func abbreviate(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

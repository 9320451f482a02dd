package money

import "fmt"

// InvalidError says why something is not an amount of money.
type InvalidError struct {
	// Amount and Currency are what was given, as far as it was read.
	Amount, Currency string
	Reason           string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("money %q %q: %s", abbreviate(e.Amount), abbreviate(e.Currency), e.Reason)
}

// CurrencyMismatchError says that amounts in two currencies can't be put together.
type CurrencyMismatchError struct{ A, B string }

func (e *CurrencyMismatchError) Error() string {
	return fmt.Sprintf("currencies differ: %s and %s", e.A, e.B)
}

// RangeError says that a result has more than MaxDigits digits.
type RangeError struct{ Currency string }

func (e *RangeError) Error() string {
	return fmt.Sprintf("the result in %s has more than %d digits", e.Currency, MaxDigits)
}

// abbreviate keeps what a caller sent from filling a log.
func abbreviate(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

package expect

import (
	"fmt"
	"strings"
)

// Cents is an amount of money in whole cents.
type Cents int64

// String returns the amount with two decimals: "440.00".
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// ParseCents reads a decimal amount. More than two decimals are an error unless they are zeros.
func ParseCents(text string) (Cents, error) {
	n, err := scaled(text, 2)
	return Cents(n), err
}

// discounted returns a price less a discount, a fraction such as "0.15", rounded half up to the cent. It computes in
// whole ten-thousandths of a cent, so that nothing is lost before that one rounding.
func discounted(price, discount string) (Cents, error) {
	cents, err := scaled(price, 2)
	if err != nil {
		return 0, err
	}
	off, err := scaled(discount, 4)
	if err != nil {
		return 0, err
	}
	const whole = 10_000
	if off > whole {
		return 0, fmt.Errorf("discount %q is more than 1", discount)
	}
	return Cents((cents*(whole-off) + whole/2) / whole), nil
}

// scaled parses a decimal number without sign and multiplies it by 10 to the power of digits: scaled("1.5", 2) is 150.
func scaled(text string, digits int) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > digits {
		return 0, fmt.Errorf("%q has more than %d decimals", text, digits)
	}
	all := whole + fraction + strings.Repeat("0", digits-len(fraction))
	if whole == "" || len(all) > 18 {
		return 0, fmt.Errorf("%q is not a decimal number", text)
	}
	var n int64
	for _, c := range all {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not a decimal number", text)
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

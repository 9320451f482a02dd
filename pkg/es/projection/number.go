package projection

import (
	"fmt"
	"math/big"
	"strings"
)

// Number is an exact decimal number. The zero Number is 0.
type Number struct {
	unscaled big.Int
	scale    int // digits after the point
}

// Int returns a whole number.
func Int(n int64) Number {
	var out Number
	out.unscaled.SetInt64(n)
	return out
}

// Decimal parses a number such as "-12.50".
//
// Errors: one that cites the text if it is not a number.
func Decimal(s string) (Number, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	out := Number{scale: len(fraction)}
	if _, ok := out.unscaled.SetString(whole+fraction, 10); !ok || strings.ContainsAny(fraction, "+-_") {
		return Number{}, fmt.Errorf("%q is not a decimal number", s)
	}
	return out, nil
}

// MarshalText formats the number as String does. UnmarshalText parses it as [Decimal] does.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
//
// Errors: those of [Decimal].
func (n *Number) UnmarshalText(text []byte) (err error) {
	*n, err = Decimal(string(text))
	return err
}

// Plus returns n + m.
func (n Number) Plus(m Number) Number {
	out := Number{scale: max(n.scale, m.scale)}
	a, b := n.to(out.scale), m.to(out.scale)
	out.unscaled.Add(&a, &b)
	return out
}

// Negative returns -n.
func (n Number) Negative() Number {
	out := Number{scale: n.scale}
	out.unscaled.Neg(&n.unscaled)
	return out
}

func (n Number) to(scale int) big.Int {
	var out big.Int
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-n.scale)), nil)
	out.Mul(&n.unscaled, factor)
	return out
}

// DynamoDB's limits for a number:
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
const (
	maxDigits    = 38
	maxMagnitude = 125
	minMagnitude = -130
)

// Storable reports whether a store can hold the number exactly: at most 38 digits, not counting zeros at either end,
// and a first digit between 10^125 and 10^-130.
func (n Number) Storable() bool {
	digits := new(big.Int).Abs(&n.unscaled).String()
	magnitude := len(digits) - 1 - n.scale
	return n.unscaled.Sign() == 0 ||
		len(strings.TrimRight(digits, "0")) <= maxDigits && magnitude <= maxMagnitude && magnitude >= minMagnitude
}

// String formats the number so that [Decimal] can parse it.
func (n Number) String() string {
	digits := new(big.Int).Abs(&n.unscaled).String()
	if pad := n.scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	sign := ""
	if n.unscaled.Sign() < 0 {
		sign = "-"
	}
	if n.scale == 0 {
		return sign + digits
	}
	point := len(digits) - n.scale
	return sign + digits[:point] + "." + digits[point:]
}

// Cmp returns -1, 0 or +1 if n is less than, equal to or greater than m. 1.10 equals 1.1.
func (n Number) Cmp(m Number) int {
	scale := max(n.scale, m.scale)
	a, b := n.to(scale), m.to(scale)
	return a.Cmp(&b)
}

// Equal reports whether n and m are the same number.
func (n Number) Equal(m Number) bool { return n.Cmp(m) == 0 }

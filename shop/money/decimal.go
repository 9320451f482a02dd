package money

import (
	"math/big"
	"strings"

	"github.com/bojanz/currency"
)

// decimal is units × 10^-scale: 12.30 is 1230 with a scale of 2.
type decimal struct {
	units *big.Int
	scale int
}

// parse reads a plain decimal number.
func parse(amount string) decimal {
	whole, decimals, _ := strings.Cut(amount, ".")
	units, ok := new(big.Int).SetString(whole+decimals, 10)
	if !ok { // no money
		units = new(big.Int)
	}
	return decimal{units: units, scale: len(decimals)}
}

// decimal is the amount of m.
func (m Money) decimal() decimal { return parse(m.number) }

// at returns the same number with a scale that is not smaller.
func (d decimal) at(scale int) decimal {
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.scale)), nil)
	return decimal{units: factor.Mul(factor, d.units), scale: scale}
}

// same returns both numbers with the larger of the two scales.
func same(d, e decimal) (decimal, decimal) {
	scale := max(d.scale, e.scale)
	return d.at(scale), e.at(scale)
}

func (d decimal) digits() int { return len(new(big.Int).Abs(d.units).String()) }

func (d decimal) String() string {
	digits := new(big.Int).Abs(d.units).String()
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if d.scale > 0 {
		digits = digits[:len(digits)-d.scale] + "." + digits[len(digits)-d.scale:]
	}
	if d.units.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// in returns the number as Money in a currency: with all the decimals of the current list, and with more only if the
// number needs them. For a currency that is not on the list, the decimals stay.
func (d decimal) in(code string) Money {
	today, listed := currency.GetDigits(code)
	if !listed {
		return Money{number: d.String(), code: code}
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for d.scale > int(today) {
		fewer, _ := new(big.Int).QuoRem(d.units, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		d = decimal{units: fewer, scale: d.scale - 1}
	}
	if d.scale < int(today) {
		d = d.at(int(today))
	}
	return Money{number: d.String(), code: code}
}

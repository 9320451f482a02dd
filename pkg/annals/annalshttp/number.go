package annalshttp

import (
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"
)

// inexact stands for a number that can't be parsed exactly: it is out of range, or would be rounded to a whole number.
// No schema of a body allows it.
type inexact struct{}

// parseNumber parses a number for validation: a whole number as int64, another as float64.
func parseNumber(text string) any {
	if n, ok := whole(text); ok {
		return n
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f == math.Trunc(f) {
		return inexact{}
	}
	return f
}

// longestNumber is how many characters a number may have that is not written as a plain integer.
const longestNumber = 64

// whole parses a JSON number that is whole and fits into 64 bits: 2, but also 2.0 and 2e0, which JSON Schema counts as
// integers.
func whole(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil || len(text) > longestNumber {
		return n, err == nil
	}
	d, _, err := apd.NewFromString(text)
	if err != nil {
		return 0, false
	}
	n, err = d.Int64()
	return n, err == nil
}

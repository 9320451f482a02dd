// Package payload computes how large an answer of the API may be, as Lambda counts it: an event in JSON, with the body
// as a string. Start with [Size] and [Fit].
package payload

import (
	"bytes"
	"encoding/json"
)

const (
	// MaxBytes is the largest event that Lambda answers with.
	//
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	MaxBytes = 6_291_556
	// PageBytes ends a page of a list or of the audit trail: the items of a page take no more. The rest of the answer
	// is for headers, and for what an item has besides its stored row.
	PageBytes = 5 << 20
)

// Size is how many bytes a text takes in the event. Quotes, backslashes and control characters take more than one.
func Size(text []byte) int { return Encoded(string(text)) - len(`""`) }

// JSONSize is the Size of a value as JSON.
func JSONSize[T any](v T) int { return Size(encode(v)) }

// Encoded is how many bytes a value takes in the JSON that Lambda's runtime makes of it.
func Encoded(v any) int { return len(encode(v)) }

func encode(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // like lambda.NewHandler and huma
	_ = e.Encode(v)        // a value that can't be JSON is in no answer
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// Fit is how many of the items fit into one answer: the first, and those after it that together fit into PageBytes.
func Fit[T any](items []T, size func(T) int) int {
	sum := 0
	for i, item := range items {
		if sum += size(item); sum > PageBytes && i > 0 {
			return i
		}
	}
	return len(items)
}

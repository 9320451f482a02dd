package shop

import "github.com/annals-es/annals/pkg/annals"

// Total is a sum of money, in answers. Unlike [Money] it has no limit.
type Total struct {
	Amount   string `json:"amount" example:"12.34" doc:"A plain decimal number of any length, with the decimals of its currency"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code"`
}

// count is a number of things, in answers.
type count int

// JSONSchema implements [annals.Described]. It has no format, because no number of bits is enough.
func (count) JSONSchema() annals.Schema {
	return annals.Schema{Type: "integer", Description: "A whole number of any length"}
}

package api

import "github.com/danielgtaylor/huma/v2"

// Total is a sum of money, as the API has it. Unlike [Money] it has no bound.
type Total struct {
	Amount   string `json:"amount" example:"12.34" doc:"A plain decimal number of any length, with the decimals of its currency"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code"`
}

// count is a number of things, as the API has it.
type count int

// Schema implements [huma.SchemaProvider]. It has no format: no number of bits holds it.
func (count) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Description: "A whole number of any length"}
}

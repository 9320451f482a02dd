package httpapi

// Amount is an amount in a currency, as answers have it: of any length, in a currency of any time.
type Amount struct {
	Amount   string `json:"amount" example:"12.34" doc:"A plain decimal number, with the decimals of its currency"`
	Currency string `json:"currency" example:"USD" doc:"ISO 4217 code"`
}

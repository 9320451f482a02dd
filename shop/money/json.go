package money

import (
	"bytes"
	"encoding/json"
)

// asJSON is {"amount":"12.34","currency":"USD"}. The amount is a string, because many JSON parsers read numbers as
// binary floating point.
type asJSON struct {
	Amount   *string `json:"amount"`
	Currency *string `json:"currency"`
}

// MarshalJSON returns {"amount":"12.34","currency":"USD"}, or null for no money.
func (m Money) MarshalJSON() ([]byte, error) {
	if m.Currency() == "" {
		return []byte("null"), nil
	}
	amount, code := m.Amount(), m.Currency()
	return json.Marshal(asJSON{Amount: &amount, Currency: &code})
}

// UnmarshalJSON reads what MarshalJSON wrote, like [Stored]: it does not check the current list of currencies. Read new
// amounts from a caller as two strings, and pass them to [New].
//
// Errors: [InvalidError], also for other members and if amount is not a string.
func (m *Money) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*m = Money{}
		return nil
	}
	var in asJSON
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // a surrounding decoder's setting has no effect here
	if err := d.Decode(&in); err != nil || in.Amount == nil || in.Currency == nil {
		return &InvalidError{Reason: `want {"amount":"12.34","currency":"USD"}, both strings and nothing else`}
	}
	read, err := Stored(*in.Amount, *in.Currency)
	if err != nil {
		return err
	}
	*m = read
	return nil
}

package httpapi

import (
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/money"
)

// Money is an amount in a currency, as the API has it.
type Money struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"40" example:"12.34" doc:"A plain decimal number with at most as many decimals as the currency has"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code"`
}

// Resolve implements [huma.ResolverWithPath]: it refuses what is no amount of money.
func (m *Money) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if m.Amount == "" || m.Currency == "" { // refused by the schema
		return nil
	}
	_, err := money.New(m.Amount, m.Currency)
	var wrong *money.InvalidError
	if errors.As(err, &wrong) {
		return []error{&huma.ErrorDetail{Location: at.String(), Message: wrong.Reason}}
	}
	return nil
}

// money is the amount, which Resolve has checked.
func (m Money) money() money.Money { return money.Must(money.New(m.Amount, m.Currency)) }

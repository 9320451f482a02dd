package api

import (
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/money"
)

// Money is an amount in a currency, as requests have it.
type Money struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"40" example:"12.34" doc:"A plain decimal number with at most as many decimals as the currency has"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code"`
}

// Resolve implements [huma.ResolverWithPath]: it refuses what is no amount of money by today's list of currencies.
func (m *Money) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	return refuseMoney(*m, at, money.New)
}

// TransformSchema implements [huma.SchemaTransformer].
func (Money) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema { return documentMoney(s) }

// money is the amount, which Resolve has checked.
func (m Money) money() money.Money { return money.Must(money.New(m.Amount, m.Currency)) }

// MoneyHeld is an amount that an account holds and that leaves it. Its currency is the account's, which the account
// itself sees to, and may be retired by now: what comes in is held against today's list, what is there can still be
// taken out, transferred, and the account be closed.
type MoneyHeld struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"40" example:"12.34" doc:"A plain decimal number with at most as many decimals as the currency has"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code, which may be retired: the account's"`
}

// Resolve implements [huma.ResolverWithPath].
func (m *MoneyHeld) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	return refuseMoney(Money(*m), at, money.Held)
}

// TransformSchema implements [huma.SchemaTransformer].
func (MoneyHeld) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return documentMoney(s)
}

// money is the amount, which Resolve has checked.
func (m MoneyHeld) money() money.Money { return money.Must(money.Held(m.Amount, m.Currency)) }

// documentMoney adds the patterns of amounts and currencies to a schema, for the document alone: Resolve says what is
// wrong with one.
func documentMoney(s *huma.Schema) *huma.Schema {
	s.Properties["amount"].Extensions = httpapi.Pattern(money.AmountPattern)
	s.Properties["currency"].Extensions = httpapi.Pattern(money.CodePattern)
	return s
}

// refuseMoney says what is wrong with an amount.
func refuseMoney(m Money, at *huma.PathBuffer, read func(amount, code string) (money.Money, error)) []error {
	if m.Amount == "" || m.Currency == "" { // refused by the schema
		return nil
	}
	_, err := read(m.Amount, m.Currency)
	var wrong *money.InvalidError
	if errors.As(err, &wrong) {
		return []error{&huma.ErrorDetail{Location: at.String(), Message: wrong.Reason}}
	}
	return nil
}

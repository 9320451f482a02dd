package shop

import (
	"errors"

	"github.com/annals-es/annals/shop/money"
)

// Money is an amount in a currency, in requests.
type Money struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"40" example:"12.34" doc:"A plain decimal number with at most as many decimals as the currency has"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code"`
}

// Validate implements [annals.Validator]: it refuses anything that is not an amount of money in a current currency.
func (m Money) Validate() error { return validMoney(m, money.New) }

// DocumentedProperties implements [annals.Documented].
func (Money) DocumentedProperties() map[string]map[string]any { return moneyPatterns() }

// money is the amount. Validate has checked it.
func (m Money) money() money.Money { return money.Must(money.New(m.Amount, m.Currency)) }

// MoneyHeld is an amount that an account holds and that leaves it. The account checks that the currency is its own. The
// currency may be retired: a deposit needs a current currency, but an account's money can always be withdrawn and
// transferred.
type MoneyHeld struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"40" example:"12.34" doc:"A plain decimal number with at most as many decimals as the currency has"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" example:"USD" doc:"ISO 4217 code of the account's currency, which may be retired"`
}

// Validate implements [annals.Validator].
func (m MoneyHeld) Validate() error { return validMoney(Money(m), money.Held) }

// DocumentedProperties implements [annals.Documented].
func (MoneyHeld) DocumentedProperties() map[string]map[string]any { return moneyPatterns() }

// money is the amount. Validate has checked it.
func (m MoneyHeld) money() money.Money { return money.Must(money.Held(m.Amount, m.Currency)) }

// moneyPatterns are the patterns of amounts and currencies. They are only for the document: Validate returns the
// errors.
func moneyPatterns() map[string]map[string]any {
	return map[string]map[string]any{
		"amount": {"pattern": money.AmountPattern}, "currency": {"pattern": money.CodePattern},
	}
}

// validMoney returns what is wrong with an amount.
func validMoney(m Money, read func(amount, code string) (money.Money, error)) error {
	if m.Amount == "" || m.Currency == "" { // already refused by the schema
		return nil
	}
	_, err := read(m.Amount, m.Currency)
	var wrong *money.InvalidError
	if errors.As(err, &wrong) {
		return errors.New(wrong.Reason)
	}
	return nil
}

// Amount is an amount in a currency, in answers: of any length, in a current or a retired currency.
type Amount struct {
	Amount   string `json:"amount" example:"12.34" doc:"A plain decimal number, with the decimals of its currency"`
	Currency string `json:"currency" example:"USD" doc:"ISO 4217 code"`
}

package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/account"
)

// OpenAccount is the body of POST /accounts.
type OpenAccount struct {
	AccountID      annals.ID `json:"accountId,omitempty" annals:"id" doc:"The service makes an id if it is absent"`
	OwnerName      string    `json:"ownerName" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Email          Email     `json:"email,omitempty" doc:"Only one open account can have an address; closing the account frees it. The address alone, without a name; its domain in Unicode or with xn--"`
	InitialDeposit Money     `json:"initialDeposit" doc:"May be zero; its currency is the account's"`
}

// DepositMoney is the body of POST /accounts/{id}/deposits.
type DepositMoney struct {
	Amount      Money  `json:"amount"`
	Description string `json:"description,omitempty" maxLength:"500"`
}

// WithdrawMoney is the body of POST /accounts/{id}/withdrawals.
type WithdrawMoney struct {
	Amount      MoneyHeld `json:"amount"`
	Description string    `json:"description,omitempty" maxLength:"500"`
}

func deposit(s account.State, b DepositMoney) ([]account.Event, error) {
	return s.Deposit(b.Amount.money(), b.Description)
}

func withdraw(s account.State, b WithdrawMoney) ([]account.Event, error) {
	return s.Withdraw(b.Amount.money(), b.Description)
}

package api

import (
	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/api/routes"
)

// OpenAccount is the body of POST /accounts.
type OpenAccount struct {
	AccountID      httpapi.ID `json:"accountId,omitempty" doc:"Made where it is absent"`
	OwnerName      string     `json:"ownerName" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Email          Email      `json:"email,omitempty" doc:"One account at a time has an address; closing the account frees it. An addr-spec alone, in Unicode or with xn-- in its domain"`
	InitialDeposit Money      `json:"initialDeposit" doc:"May be zero; its currency is the account's"`
}

// DepositMoney is the body of deposits.
type DepositMoney struct {
	Amount      Money  `json:"amount"`
	Description string `json:"description,omitempty" maxLength:"500"`
}

// WithdrawMoney is the body of withdrawals.
type WithdrawMoney struct {
	Amount      MoneyHeld `json:"amount"`
	Description string    `json:"description,omitempty" maxLength:"500"`
}

func (a *api) accountCommands() {
	repo := a.aggregates.Accounts
	httpapi.CreateWith(a.API, routes.OpenAccount, repo, func(b *OpenAccount) httpapi.ID { return b.AccountID }, a.open)
	httpapi.Change(a.API, routes.DepositMoney, repo, func(s account.State, b DepositMoney) ([]account.Event, error) {
		return s.Deposit(b.Amount.money(), b.Description)
	})
	httpapi.Change(a.API, routes.WithdrawMoney, repo, func(s account.State, b WithdrawMoney) ([]account.Event, error) {
		return s.Withdraw(b.Amount.money(), b.Description)
	})
	httpapi.ActWith(a.API, routes.CloseAccount, repo, a.closeAccount)
	transfer(a, a.aggregates.Executor, repo)
}

package httpapi

import (
	"github.com/annals-es/annals/internal/account"
	"github.com/annals-es/annals/internal/httpapi/routes"
	"github.com/annals-es/annals/pkg/es"
)

type accounts = es.Repository[account.State, account.Event]

// OpenAccount is the body of POST /accounts.
type OpenAccount struct {
	AccountID      ID     `json:"accountId,omitempty" doc:"Made where it is absent"`
	OwnerName      string `json:"ownerName" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	InitialDeposit Money  `json:"initialDeposit" doc:"May be zero; its currency is the account's"`
}

// MoveMoney is the body of deposits and withdrawals.
type MoveMoney struct {
	Amount      Money  `json:"amount"`
	Description string `json:"description,omitempty" maxLength:"500"`
}

func (a *api) accountCommands(x *es.Executor, repo *accounts) {
	create(a, routes.OpenAccount, repo, func(b *OpenAccount) ID { return b.AccountID },
		func(id string, b *OpenAccount) ([]account.Event, error) {
			return account.Open(id, b.OwnerName, b.InitialDeposit.money())
		})
	change(a, routes.DepositMoney, repo, func(s account.State, b MoveMoney) ([]account.Event, error) {
		return s.Deposit(b.Amount.money(), b.Description)
	})
	change(a, routes.WithdrawMoney, repo, func(s account.State, b MoveMoney) ([]account.Event, error) {
		return s.Withdraw(b.Amount.money(), b.Description)
	})
	act(a, routes.CloseAccount, repo, account.State.Close)
	transfer(a, x, repo)
}

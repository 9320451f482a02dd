package httpapi

import (
	"context"

	"github.com/annals-es/annals/internal/account"
	"github.com/annals-es/annals/internal/email"
	"github.com/annals-es/annals/internal/httpapi/routes"
	"github.com/annals-es/annals/pkg/es"
)

// OpenAccount is the body of POST /accounts.
type OpenAccount struct {
	AccountID      ID     `json:"accountId,omitempty" doc:"Made where it is absent"`
	OwnerName      string `json:"ownerName" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Email          string `json:"email,omitempty" minLength:"3" maxLength:"254" format:"email" doc:"One account at a time has an address; closing the account frees it"`
	InitialDeposit Money  `json:"initialDeposit" doc:"May be zero; its currency is the account's"`
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
	createWith(a, routes.OpenAccount, repo, func(b *OpenAccount) ID { return b.AccountID }, a.open)
	change(a, routes.DepositMoney, repo, func(s account.State, b DepositMoney) ([]account.Event, error) {
		return s.Deposit(b.Amount.money(), b.Description)
	})
	change(a, routes.WithdrawMoney, repo, func(s account.State, b WithdrawMoney) ([]account.Event, error) {
		return s.Withdraw(b.Amount.money(), b.Description)
	})
	actWith(a, routes.CloseAccount, repo, a.closeAccount)
	transfer(a, a.aggregates.Executor, repo)
}

// open opens an account and reserves its owner's e-mail address, in one transaction.
func (a *api) open(_ context.Context, tx *es.Tx, id string, b *OpenAccount) ([]account.Event, error) {
	opened, err := account.Open(id, b.OwnerName, b.Email, b.InitialDeposit.money())
	if err != nil || b.Email == "" {
		return opened, err
	}
	address, err := a.aggregates.Emails.GetOrNew(tx, email.ID(a.cfg.EmailKey, b.Email))
	if err != nil {
		return nil, err
	}
	reserved, err := address.State.Reserve(id)
	address.Record(reserved...)
	return opened, err
}

// closeAccount closes an account and frees its owner's e-mail address, in one transaction. The address is the one of
// the day on which the account was opened: if today's key or spelling of addresses leads to no reservation, the account
// is closed nevertheless.
func (a *api) closeAccount(tx *es.Tx, s account.State) ([]account.Event, error) {
	closed, err := s.Close()
	if err != nil || s.Email == "" {
		return closed, err
	}
	address, err := a.aggregates.Emails.GetOrNew(tx, email.ID(a.cfg.EmailKey, s.Email))
	if err != nil {
		return nil, err
	}
	address.Record(address.State.Release(s.AccountID)...)
	return closed, nil
}

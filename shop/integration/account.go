package integration

import (
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop/account"
)

// AccountOpened means that an account exists. The owner's name and address are left out: consumers with permission read
// them from the API.
type AccountOpened struct {
	AccountID string `json:"accountId" doc:"The account's id, as its owner chose it"`
	Currency  string `json:"currency" doc:"ISO 4217 code of the account's currency" example:"USD"`
}

// AccountClosed is an account's last event.
type AccountClosed struct {
	AccountID string `json:"accountId" doc:"The account's id, as its owner chose it"`
}

// Type implements [publish.Data].
func (AccountOpened) Type() string { return "account.opened.v1" }

// Type implements [publish.Data].
func (AccountClosed) Type() string { return "account.closed.v1" }

// OfAccount returns the public form of an event of the account with an id, nil if the event is private.
//
// Errors: one for an event type that it does not know.
func OfAccount(id string, event account.Event) (publish.Data, error) {
	switch e := event.(type) {
	case account.AccountOpened:
		return AccountOpened{AccountID: id, Currency: e.InitialDeposit.Currency()}, nil
	case account.AccountClosed:
		return AccountClosed{AccountID: id}, nil
	case account.MoneyDeposited, account.MoneyWithdrawn: // private: how much an owner has, and from whom
		return nil, nil
	}
	return undecided(event)
}

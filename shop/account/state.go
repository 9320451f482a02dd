// Package account is the aggregate Account: a balance in one currency that never falls below zero. Start with
// [Aggregate] and [State].
package account

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Aggregate ties an account's state to its events.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Account", Events: events, Evolve: evolve}

// Status is the state of an account's life, "" before it is opened.
type Status string

// The statuses.
const (
	StatusOpen   Status = "open"
	StatusClosed Status = "closed"
)

// State is an account after some of its events. The API shows it unchanged.
type State struct {
	AccountID string      `json:"accountId"`
	OwnerName string      `json:"ownerName"`
	Email     string      `json:"email,omitempty"`
	Balance   money.Money `json:"balance"`
	Status    Status      `json:"status"`
}

// evolve panics on amounts that no decision permits: it does not compute a balance from an impossible history.
func evolve(s *State, event Event) {
	switch e := event.(type) {
	case AccountOpened:
		*s = State{
			AccountID: e.AccountID, OwnerName: e.OwnerName(), Email: e.Email, Balance: e.InitialDeposit, Status: StatusOpen,
		}
	case MoneyDeposited:
		s.Balance = money.Must(s.Balance.Add(e.Amount))
	case MoneyWithdrawn:
		s.Balance = money.Must(s.Balance.Sub(e.Amount))
	case AccountClosed:
		s.Status = StatusClosed
	}
}

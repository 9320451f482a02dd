// Package email is the aggregate Email: an address, which only one account at a time can hold. It makes addresses
// unique without a second table, and its events record who held an address. Start with [ID] and [State].
package email

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/rule"
)

// Event is an event of an address: [EmailReserved] or [EmailReleased].
type Event interface{ emailEvent() }

// EmailReserved gives the address to an account.
type EmailReserved struct {
	AccountID string `json:"accountId"`
}

// EmailReleased makes the address free.
type EmailReleased struct {
	AccountID string `json:"accountId"`
}

func (EmailReserved) emailEvent() {}
func (EmailReleased) emailEvent() {}

// State is an address after some of its events.
type State struct {
	// HeldBy is the account that holds the address, "" if it is free.
	HeldBy string `json:"heldBy,omitempty"`
}

// Aggregate ties an address's state to its events.
var Aggregate = es.Aggregate[State, Event]{
	StreamType: "Email",
	Events: es.NewRegistry(
		es.Type[Event]("EmailReserved", 1, EmailReserved{}),
		es.Type[Event]("EmailReleased", 1, EmailReleased{}),
	),
	Evolve: func(s *State, event Event) {
		switch e := event.(type) {
		case EmailReserved:
			s.HeldBy = e.AccountID
		case EmailReleased:
			s.HeldBy = ""
		}
	},
}

// Taken is the rule of an address: one account at a time.
const Taken rule.Code = "email-taken"

// Codes are the rules above.
var Codes = []rule.Code{Taken}

// Reserve gives the address to an account.
//
// Errors: [rule.Violation] with rule.IDMalformed; with Taken if an account holds the address, even this one.
func (s State) Reserve(accountID string) ([]Event, error) {
	if err := rule.ID("account id", accountID); err != nil {
		return nil, err
	}
	if s.HeldBy != "" {
		return nil, Taken.Because("an account with this e-mail address exists")
	}
	return []Event{EmailReserved{AccountID: accountID}}, nil
}

// Release frees the address. If the account does not hold it, there are no events.
func (s State) Release(accountID string) []Event {
	if s.HeldBy != accountID {
		return nil
	}
	return []Event{EmailReleased{AccountID: accountID}}
}

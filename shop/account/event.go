package account

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Event is what happens to an account: [AccountOpened], [MoneyDeposited], [MoneyWithdrawn] or [AccountClosed].
type Event interface{ accountEvent() }

// AccountOpened is an account's first event. The initial deposit, which may be zero, is in it: no MoneyDeposited follows.
// Its currency is the account's.
type AccountOpened struct {
	AccountID string `json:"accountId"`
	// FirstName and LastName are the owner's name, split at its last space. LastName is "" where there is none.
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName,omitempty"`
	// Email is the owner's address as it was given, "" if none was.
	Email          string      `json:"email,omitempty"`
	InitialDeposit money.Money `json:"initialDeposit"`
}

// MoneyDeposited adds to the balance.
type MoneyDeposited struct {
	Amount      money.Money `json:"amount"`
	Description string      `json:"description,omitempty"`
	// FromAccountID is the account that a transfer came from, "" where it was no transfer.
	FromAccountID string `json:"fromAccountId,omitempty"`
}

// MoneyWithdrawn takes from the balance.
type MoneyWithdrawn struct {
	Amount      money.Money `json:"amount"`
	Description string      `json:"description,omitempty"`
	// ToAccountID is the account that a transfer went to, "" where it was no transfer.
	ToAccountID string `json:"toAccountId,omitempty"`
}

// AccountClosed is an account's last event.
type AccountClosed struct{}

func (AccountOpened) accountEvent()  {}
func (MoneyDeposited) accountEvent() {}
func (MoneyWithdrawn) accountEvent() {}
func (AccountClosed) accountEvent()  {}

// events are the names under which events are stored, for ever.
var events = es.NewRegistry(
	es.Type[Event]("AccountOpened", 2, AccountOpened{}),
	es.Type[Event]("MoneyDeposited", 1, MoneyDeposited{}),
	es.Type[Event]("MoneyWithdrawn", 1, MoneyWithdrawn{}),
	es.Type[Event]("AccountClosed", 1, AccountClosed{}),
).
	Upcast("AccountOpened", 1, es.UpcastJSON("AccountOpened", 2, upcastOpened))

package account

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Event is an event of an account: [AccountOpened], [MoneyDeposited], [MoneyWithdrawn] or [AccountClosed].
type Event interface{ accountEvent() }

// AccountOpened is an account's first event. It contains the initial deposit, which may be zero: no MoneyDeposited
// follows. The currency of the deposit is the account's.
type AccountOpened struct {
	AccountID string `json:"accountId"`
	// FirstName and LastName are the owner's name, split at its last space. LastName is "" if there is no space. Once the
	// owner is forgotten, the name is "(removed)".
	FirstName string `json:"firstName" personal:"owner" erased:"\"(removed)\""`
	LastName  string `json:"lastName,omitempty" personal:"owner"`
	// Email is the owner's address as the owner wrote it, or "". It is "" once the owner is forgotten.
	Email          string      `json:"email,omitempty" personal:"owner"`
	InitialDeposit money.Money `json:"initialDeposit"`
}

// MoneyDeposited adds to the balance.
type MoneyDeposited struct {
	Amount      money.Money `json:"amount"`
	Description string      `json:"description,omitempty"`
	// FromAccountID is the account that a transfer came from, "" if it was not a transfer.
	FromAccountID string `json:"fromAccountId,omitempty"`
}

// MoneyWithdrawn takes from the balance.
type MoneyWithdrawn struct {
	Amount      money.Money `json:"amount"`
	Description string      `json:"description,omitempty"`
	// ToAccountID is the account that a transfer went to, "" if it was not a transfer.
	ToAccountID string `json:"toAccountId,omitempty"`
}

// AccountClosed is an account's last event.
type AccountClosed struct{}

func (AccountOpened) accountEvent()  {}
func (MoneyDeposited) accountEvent() {}
func (MoneyWithdrawn) accountEvent() {}
func (AccountClosed) accountEvent()  {}

// events are the names under which events are stored. They never change.
var events = es.NewRegistry(
	es.Type[Event]("AccountOpened", 2, AccountOpened{}),
	es.Type[Event]("MoneyDeposited", 1, MoneyDeposited{}),
	es.Type[Event]("MoneyWithdrawn", 1, MoneyWithdrawn{}),
	es.Type[Event]("AccountClosed", 1, AccountClosed{}),
).
	Upcast("AccountOpened", 1, es.UpcastJSON("AccountOpened", 2, upcastOpened))

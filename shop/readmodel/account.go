package readmodel

import (
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// Account is the current state of an account.
type Account struct {
	AccountID string         `json:"accountId"`
	OwnerName string         `json:"ownerName"`
	Balance   money.Money    `json:"balance"`
	Status    account.Status `json:"status"`
	OpenedAt  time.Time      `json:"openedAt"`
	ClosedAt  *time.Time     `json:"closedAt,omitempty"`
	// Version is the version of the account that is shown.
	Version int64 `json:"version"`
}

// AccountDocument is the document of an account in [Accounts]. The account's status follows from the latest of its
// times.
type AccountDocument struct {
	Version int64    `json:"v"`
	Owner   string   `json:"n"`
	Balance amount   `json:"b"`
	Opened  instant  `json:"o"`
	Closed  *instant `json:"c,omitempty"`
}

// Accounts has a document for each account, and appends the movements of its statement. It shows the account's version,
// so it handles every event.
var Accounts = projection.New("accounts", 1, projection.From(account.Aggregate,
	projection.On(func(a *AccountDocument, e projection.Event[account.Event], _ *projection.Writes) error {
		a.Version = e.Version
		return nil
	}),
	projection.On(accountOpened),
	projection.On(moneyDeposited),
	projection.On(moneyWithdrawn),
	projection.On(func(a *AccountDocument, e projection.Event[account.AccountClosed], _ *projection.Writes) error {
		a.Closed = present(e.OccurredAt)
		return nil
	}),
), Statement)

func accountOpened(a *AccountDocument, e projection.Event[account.AccountOpened], w *projection.Writes) error {
	a.Owner, a.Opened = e.Data.OwnerName(), instantOf(e.OccurredAt)
	return move(a, e, w, MovementRow{Kind: "AccountOpened", Amount: amount(e.Data.InitialDeposit)})
}

func moneyDeposited(a *AccountDocument, e projection.Event[account.MoneyDeposited], w *projection.Writes) error {
	return move(a, e, w, MovementRow{
		Kind: "MoneyDeposited", Amount: amount(e.Data.Amount), Description: e.Data.Description, From: e.Data.FromAccountID,
	})
}

func moneyWithdrawn(a *AccountDocument, e projection.Event[account.MoneyWithdrawn], w *projection.Writes) error {
	taken, err := e.Data.Amount.Zero().Sub(e.Data.Amount)
	if err != nil {
		return err
	}
	return move(a, e, w, MovementRow{
		Kind: "MoneyWithdrawn", Amount: amount(taken), Description: e.Data.Description, To: e.Data.ToAccountID,
	})
}

// AccountOf is the answer for the document of the account with an id.
func AccountOf(id string, a *AccountDocument) Account {
	out := Account{
		AccountID: id, OwnerName: a.Owner, Balance: a.Balance.money(), Status: account.StatusOpen,
		OpenedAt: a.Opened.time(), ClosedAt: a.Closed.optional(), Version: a.Version,
	}
	if a.Closed != nil {
		out.Status = account.StatusClosed
	}
	return out
}

package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Account is an account as it stands.
type Account struct {
	AccountID string         `json:"accountId"`
	OwnerName string         `json:"ownerName"`
	Balance   money.Money    `json:"balance"`
	Status    account.Status `json:"status"`
	OpenedAt  time.Time      `json:"openedAt"`
	ClosedAt  *time.Time     `json:"closedAt,omitempty"`
	// Version is the version of the account that the row shows.
	Version int64 `json:"version"`
}

// accountDocument is what accounts keep of an account. Its status is that of its latest instant.
type accountDocument struct {
	Version int64    `json:"v"`
	Owner   string   `json:"n"`
	Balance amount   `json:"b"`
	Opened  instant  `json:"o"`
	Closed  *instant `json:"c,omitempty"`
}

// accounts has a document for each account, and appends the movements of its statement. It shows the version, so it
// handles every event.
var accounts = projection.New(tables.Accounts, 1, projection.From(account.Aggregate,
	projection.On(func(a *accountDocument, e projection.Event[account.Event], _ *projection.Writes) error {
		a.Version = e.Version
		return nil
	}),
	projection.On(accountOpened),
	projection.On(moneyDeposited),
	projection.On(moneyWithdrawn),
	projection.On(func(a *accountDocument, e projection.Event[account.AccountClosed], _ *projection.Writes) error {
		a.Closed = present(e.OccurredAt)
		return nil
	}),
), statement)

func accountOpened(a *accountDocument, e projection.Event[account.AccountOpened], w *projection.Writes) error {
	a.Owner, a.Opened = e.Data.OwnerName(), instantOf(e.OccurredAt)
	return move(a, e, w, movementRow{Kind: "AccountOpened", Amount: amount(e.Data.InitialDeposit)})
}

func moneyDeposited(a *accountDocument, e projection.Event[account.MoneyDeposited], w *projection.Writes) error {
	return move(a, e, w, movementRow{
		Kind: "MoneyDeposited", Amount: amount(e.Data.Amount), Description: e.Data.Description, From: e.Data.FromAccountID,
	})
}

func moneyWithdrawn(a *accountDocument, e projection.Event[account.MoneyWithdrawn], w *projection.Writes) error {
	taken, err := e.Data.Amount.Zero().Sub(e.Data.Amount)
	if err != nil {
		return err
	}
	return move(a, e, w, movementRow{
		Kind: "MoneyWithdrawn", Amount: amount(taken), Description: e.Data.Description, To: e.Data.ToAccountID,
	})
}

// account is the document of the account with an id, as it is answered.
func (a *accountDocument) account(id string) Account {
	out := Account{
		AccountID: id, OwnerName: a.Owner, Balance: a.Balance.money(), Status: account.StatusOpen,
		OpenedAt: a.Opened.time(), ClosedAt: a.Closed.optional(), Version: a.Version,
	}
	if a.Closed != nil {
		out.Status = account.StatusClosed
	}
	return out
}

// Account returns an account.
//
// Errors: [es.NotFoundError].
func (s *Session) Account(ctx context.Context, id string) (Account, error) {
	if s.before != nil {
		return s.before.account(ctx, id)
	}
	d, err := accounts.Document(ctx, s.opened, account.Aggregate.Stream(id))
	if err != nil {
		return Account{}, err
	}
	return d.Data.account(id), nil
}

// AccountAt returns an account as it was at a point, from the event store.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError].
func AccountAt(ctx context.Context, store es.Reader, id string, at es.Point) (Account, error) {
	var d accountDocument
	if err := projection.Replay(ctx, accounts, store, account.Aggregate.Stream(id), at, &d); err != nil {
		return Account{}, err
	}
	return d.account(id), nil
}

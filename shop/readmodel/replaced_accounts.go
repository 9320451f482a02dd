package readmodel

// The files replaced_*.go are read models that others replace. Once these are filled in every deployment, delete the
// files, with shop/replaced.go and everything that refers to it.

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// FormerAccountSummary has a document for each account. [Accounts] replaces it.
var FormerAccountSummary = projection.New("account-summary", 1, projection.From(account.Aggregate,
	projection.On(func(row *Account, e projection.Event[account.Event], _ *projection.Writes) (err error) {
		row.Version = e.Version
		switch data := e.Data.(type) {
		case account.AccountOpened:
			row.AccountID, row.OwnerName, row.Balance = e.Stream.ID, data.OwnerName(), data.InitialDeposit
			row.Status, row.OpenedAt = account.StatusOpen, e.OccurredAt
		case account.MoneyDeposited:
			row.Balance, err = row.Balance.Add(data.Amount)
		case account.MoneyWithdrawn:
			row.Balance, err = row.Balance.Sub(data.Amount)
		case account.AccountClosed:
			row.Status, row.ClosedAt = account.StatusClosed, &e.OccurredAt
		}
		return err
	}),
))

// StatementState is what [FormerAccountStatement] stores of an account.
type StatementState struct {
	Balance money.Money `json:"balance"`
}

var (
	// FormerAccountStatement has the movements of each account. [Accounts] replaces it.
	FormerAccountStatement = projection.New("account-statement", 1,
		projection.From(account.Aggregate, projection.On(evolveStatement)), FormerStatement)
	// FormerStatement are the rows of FormerAccountStatement.
	FormerStatement = projection.OwnRows[Movement]("account-statement")
)

func evolveStatement(s *StatementState, e projection.Event[account.Event], w *projection.Writes) (err error) {
	m := Movement{Version: e.Version, At: e.OccurredAt}
	switch data := e.Data.(type) {
	case account.AccountOpened:
		m.Kind, m.Amount = "AccountOpened", data.InitialDeposit
	case account.MoneyDeposited:
		m.Kind, m.Amount, m.Description, m.FromAccountID = "MoneyDeposited", data.Amount, data.Description, data.FromAccountID
	case account.MoneyWithdrawn:
		m.Kind, m.Description, m.ToAccountID = "MoneyWithdrawn", data.Description, data.ToAccountID
		if m.Amount, err = data.Amount.Zero().Sub(data.Amount); err != nil {
			return err
		}
	default:
		return nil
	}
	if s.Balance, err = s.Balance.Add(m.Amount); err != nil {
		return err
	}
	m.Balance = s.Balance
	FormerStatement.Put(w, projection.Key{Partition: e.Stream.String(), Sort: e.Sort()}, m)
	return nil
}

// FormerStatementPages lists an account's movements, newest first.
var FormerStatementPages = annals.Listing[annals.ByID, Movement, Movement]{
	Stream:     accountOf,
	Partitions: StatementPages.Partitions,
	Descending: true,
}

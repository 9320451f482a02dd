package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

var accountStreams = map[string]es.Decoder{account.Aggregate.StreamType: account.Aggregate.Events}

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

var accountSummary = projection.New(projection.Definition[Account]{
	Name:    tables.AccountSummary,
	Sources: accountStreams,
	Evolve: func(row *Account, e projection.Event, _ *projection.Writes) (err error) {
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
	},
})

// Account returns an account.
//
// Errors: [es.NotFoundError].
func (m *Models) Account(ctx context.Context, id string) (Account, error) {
	return document[Account](ctx, m, tables.AccountSummary, account.Aggregate.Stream(id))
}

// AccountAt returns an account as it was at a point, from the event store.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError].
func AccountAt(ctx context.Context, store es.Reader, id string, at es.Point) (Account, error) {
	var row Account
	err := projection.Replay(ctx, accountSummary, store, account.Aggregate.Stream(id), at, &row)
	return row, err
}

// Movement is one change of an account's balance.
type Movement struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	// Kind is the type of the event: "MoneyDeposited".
	Kind        string      `json:"kind"`
	Amount      money.Money `json:"amount"` // negative for what was withdrawn
	Balance     money.Money `json:"balance"`
	Description string      `json:"description,omitempty"`
	// FromAccountID and ToAccountID are the other account of a transfer.
	FromAccountID string `json:"fromAccountId,omitempty"`
	ToAccountID   string `json:"toAccountId,omitempty"`
}

// statement is what the statement needs to know of an account.
type statement struct {
	Balance money.Money `json:"balance"`
}

var accountStatement = projection.New(projection.Definition[statement]{
	Name:    tables.AccountStatement,
	Sources: accountStreams,
	Evolve:  evolveStatement,
})

func evolveStatement(s *statement, e projection.Event, w *projection.Writes) (err error) {
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
	return w.Put(projection.Key{Partition: e.Stream.String(), Sort: e.Sort()}, m)
}

// Statement returns an account's movements, newest first.
//
// Errors: [es.NotFoundError], [projection.ErrCursor].
func (m *Models) Statement(ctx context.Context, id string, p PageRequest) (Page[Movement], error) {
	stream := account.Aggregate.Stream(id)
	if err := m.shows(ctx, tables.AccountStatement, stream); err != nil {
		return Page[Movement]{}, err
	}
	return page[Movement](ctx, m, tables.AccountStatement, dynamoview.List{
		Partitions: []string{stream.String()}, Descending: true, Limit: p.Limit, Cursor: p.Cursor,
	})
}

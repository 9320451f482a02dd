package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

var accountSummary = projection.New(tables.AccountSummary, 1, projection.From(account.Aggregate,
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

// statementState is what the statement needs to know of an account.
type statementState struct {
	Balance money.Money `json:"balance"`
}

var (
	accountStatement = projection.New(tables.AccountStatement, 1,
		projection.From(account.Aggregate, projection.On(evolveStatement)), formerStatement)
	formerStatement = projection.OwnRows[Movement]("account-statement")
)

func evolveStatement(s *statementState, e projection.Event[account.Event], w *projection.Writes) (err error) {
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
	formerStatement.Put(w, projection.Key{Partition: e.Stream.String(), Sort: e.Sort()}, m)
	return nil
}

func (b *before) account(ctx context.Context, id string) (Account, error) {
	d, err := accountSummary.Document(ctx, b.sessions[tables.AccountSummary], account.Aggregate.Stream(id))
	return d.Data, err
}

func (b *before) statement(ctx context.Context, id string, p PageRequest) (Page[Movement], error) {
	s, err := b.list(tables.AccountStatement)
	if err != nil {
		return Page[Movement]{}, err
	}
	stream := account.Aggregate.Stream(id)
	if _, err := accountStatement.Document(ctx, s, stream); err != nil {
		return Page[Movement]{}, err
	}
	all := projection.Query{Partitions: []string{stream.String()}, Descending: true}
	return pageOf(ctx, s, formerStatement, asItIs[Movement], p, all)
}

// asItIs is the answer of rows that are stored as they are answered.
func asItIs[R any](row R, _ projection.Key) R { return row }

package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

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

// statement has the movements of each account, in a partition of the account's own.
var statement = projection.AppendRows[movementRow]("statement")

// movementRow is a movement as it is stored.
type movementRow struct {
	Version     int64   `json:"v"`
	At          instant `json:"o"`
	Kind        string  `json:"k"`
	Amount      amount  `json:"a"`
	Balance     amount  `json:"b"`
	Description string  `json:"d,omitempty"`
	From        string  `json:"f,omitempty"`
	To          string  `json:"t,omitempty"`
}

// move changes the balance, and appends the movement that an event is to the account's statement.
func move[E account.Event](a *accountDocument, e projection.Event[E], w *projection.Writes, m movementRow) error {
	balance, err := a.Balance.money().Add(m.Amount.money())
	if err != nil {
		return err
	}
	a.Balance = amount(balance)
	m.Version, m.At, m.Balance = e.Version, instantOf(e.OccurredAt), a.Balance
	statement.Append(w, e.Stream.String(), m)
	return nil
}

func (m movementRow) movement(projection.Key) Movement {
	return Movement{
		Version: m.Version, At: m.At.time(), Kind: m.Kind, Amount: m.Amount.money(), Balance: m.Balance.money(),
		Description: m.Description, FromAccountID: m.From, ToAccountID: m.To,
	}
}

// Statement returns an account's movements, newest first.
//
// Errors: [es.NotFoundError], [projection.ErrCursor].
func (s *Session) Statement(ctx context.Context, id string, p PageRequest) (Page[Movement], error) {
	if s.before != nil {
		return s.before.statement(ctx, id, p)
	}
	stream := account.Aggregate.Stream(id)
	all := projection.Query{Partitions: []string{stream.String()}, Descending: true}
	page, err := page(ctx, s, statement, movementRow.movement, p, all)
	if err == nil && len(page.Items) == 0 { // an account that is there has one movement, mostly
		_, err = accounts.Document(ctx, s.opened, stream)
	}
	return page, err
}

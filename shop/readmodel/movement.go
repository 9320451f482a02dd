package readmodel

import (
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// Movement is one change of an account's balance.
type Movement struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	// Kind is the type of the event, such as "MoneyDeposited".
	Kind        string      `json:"kind"`
	Amount      money.Money `json:"amount"` // negative for withdrawals
	Balance     money.Money `json:"balance"`
	Description string      `json:"description,omitempty"`
	// FromAccountID and ToAccountID are the other account of a transfer.
	FromAccountID string `json:"fromAccountId,omitempty"`
	ToAccountID   string `json:"toAccountId,omitempty"`
}

// Statement has the movements of each account, in a partition for each account.
var Statement = projection.AppendRows[MovementRow]("statement")

// MovementRow is a movement in its stored form.
type MovementRow struct {
	Version     int64   `json:"v"`
	At          instant `json:"o"`
	Kind        string  `json:"k"`
	Amount      amount  `json:"a"`
	Balance     amount  `json:"b"`
	Description string  `json:"d,omitempty"`
	From        string  `json:"f,omitempty"`
	To          string  `json:"t,omitempty"`
}

// move changes the balance, and appends the event's movement to the account's statement.
func move[E account.Event](a *AccountDocument, e projection.Event[E], w *projection.Writes, m MovementRow) error {
	balance, err := a.Balance.money().Add(m.Amount.money())
	if err != nil {
		return err
	}
	a.Balance = amount(balance)
	m.Version, m.At, m.Balance = e.Version, instantOf(e.OccurredAt), a.Balance
	Statement.Append(w, e.Stream.String(), m)
	return nil
}

// StatementPages lists an account's movements, newest first. Nearly every account has at least one movement.
var StatementPages = annals.Listing[annals.ByID, MovementRow, Movement]{
	Stream:     accountOf,
	Partitions: func(q annals.ByID) []string { return []string{accountOf(q).String()} },
	Descending: true,
	Item: func(_ annals.ByID, _ projection.Key, m MovementRow) Movement {
		return Movement{
			Version: m.Version, At: m.At.time(), Kind: m.Kind, Amount: m.Amount.money(), Balance: m.Balance.money(),
			Description: m.Description, FromAccountID: m.From, ToAccountID: m.To,
		}
	},
}

func accountOf(q annals.ByID) es.StreamID { return account.Aggregate.Stream(string(q.ID)) }

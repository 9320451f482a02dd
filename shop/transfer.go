package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/account"
)

// TransferMoney is the body of POST /transfers.
type TransferMoney struct {
	FromAccountID annals.ID `json:"fromAccountId"`
	ToAccountID   annals.ID `json:"toAccountId"`
	Amount        MoneyHeld `json:"amount"`
	Description   string    `json:"description,omitempty" maxLength:"500"`
}

// Transferred is what a transfer did to both accounts.
type Transferred struct {
	From annals.Result[account.State]  `json:"from"`
	To   *annals.Result[account.State] `json:"to,omitempty" doc:"Absent if the account belongs to another caller"`
}

func (b TransferMoney) from() annals.ID { return b.FromAccountID }
func (b TransferMoney) to() annals.ID   { return b.ToAccountID }

func transfer(tx *annals.Tx, b TransferMoney) error {
	if err := account.DistinctAccounts(string(b.FromAccountID), string(b.ToAccountID)); err != nil {
		return err
	}
	from, err := annals.Load(tx, account.Aggregate, string(b.FromAccountID))
	if err != nil {
		return err
	}
	to, err := annals.Load(tx, account.Aggregate, string(b.ToAccountID))
	if err != nil {
		return err
	}
	onFrom, onTo, err := account.Transfer(from.State, to.State, b.Amount.money(), b.Description)
	if err != nil {
		return err
	}
	from.Record(onFrom...)
	to.Record(onTo...)
	return nil
}

// transferred is the answer to a transfer. It leaves out an account of another owner.
func transferred(d *annals.Done, b TransferMoney) (out Transferred, err error) {
	from, err := annals.ResultOf(d, account.Aggregate, string(b.FromAccountID))
	if err != nil {
		return out, err
	}
	if from != nil { // nil if the account is another caller's
		out.From = *from
	}
	out.To, err = annals.ResultOf(d, account.Aggregate, string(b.ToAccountID))
	return out, err
}

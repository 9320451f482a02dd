package api

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/aggregates"
	"github.com/annals-es/annals/shop/api/routes"
)

// TransferMoney is the body of POST /transfers.
type TransferMoney struct {
	FromAccountID httpapi.ID `json:"fromAccountId"`
	ToAccountID   httpapi.ID `json:"toAccountId"`
	Amount        MoneyHeld  `json:"amount"`
	Description   string     `json:"description,omitempty" maxLength:"500"`
}

// Transferred is what a transfer did to both accounts.
type Transferred struct {
	From httpapi.Result[account.State]  `json:"from"`
	To   *httpapi.Result[account.State] `json:"to,omitempty" doc:"Absent where the account is another's"`
}

// transferAnswer has no ETag: there are two.
type transferAnswer struct {
	Token string `header:"Consistency-Token" doc:"Stream and version of both accounts, separated by a comma; of one, where the other is another's"`
	Body  Transferred
}

func transfer(a *api, x *es.Executor, repo *aggregates.Accounts) {
	httpapi.Serve(a.API, routes.TransferMoney, http.StatusOK, func(ctx context.Context, in *httpapi.Creation[TransferMoney]) (*transferAnswer, error) {
		if err := in.Check(); err != nil {
			return nil, err
		}
		cmd, err := in.Command(ctx, httpapi.Request{Route: routes.TransferMoney, Body: in.RawBody})
		if err != nil {
			return nil, err
		}
		fromID, toID := string(in.Body.FromAccountID), string(in.Body.ToAccountID)
		if err := account.DistinctAccounts(fromID, toID); err != nil {
			return nil, err
		}
		if err := a.Reach(ctx, repo.Stream(fromID)); err != nil {
			return nil, err
		}
		both, err := a.Visible(ctx, []es.StreamVersion{{Stream: repo.Stream(toID)}})
		if err != nil {
			return nil, err
		}
		out, err := x.Execute(ctx, cmd, func(tx *es.Tx) error { return in.Body.decide(tx, repo) })
		if err != nil {
			return nil, err
		}
		from, err := repo.Result(ctx, out, fromID)
		if err != nil {
			return nil, err
		}
		answered := &transferAnswer{Token: httpapi.TokenOf(from.Stream, from.Version), Body: Transferred{From: httpapi.NewResult(from)}}
		if len(both) == 0 { // what became of the other's account is for its owner to see
			return answered, nil
		}
		to, err := repo.Result(ctx, out, toID)
		if err != nil {
			return nil, err
		}
		result := httpapi.NewResult(to)
		answered.Token += "," + httpapi.TokenOf(to.Stream, to.Version)
		answered.Body.To = &result
		return answered, nil
	})
}

func (b *TransferMoney) decide(tx *es.Tx, repo *aggregates.Accounts) error {
	from, err := repo.Get(tx, string(b.FromAccountID))
	if err != nil {
		return err
	}
	to, err := repo.Get(tx, string(b.ToAccountID))
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

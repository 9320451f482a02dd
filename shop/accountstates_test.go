package shop_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// TestAccountStates: a fold that makes other states needs another snapshot schema.
func TestAccountStates(t *testing.T) {
	t.Parallel()
	retired := money.Must(money.Stored("12.50", "ZZZ"))
	estest.For(account.Aggregate).States(t, golden(account.Aggregate.StreamType), map[string][]account.Event{
		"open to close": {
			account.AccountOpened{
				AccountID: "acc-1", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", InitialDeposit: usd("100"),
			},
			account.MoneyDeposited{Amount: usd("20.50"), Description: "rent", FromAccountID: "acc-2"},
			account.MoneyWithdrawn{Amount: usd("120.50"), ToAccountID: "acc-2"},
			account.AccountClosed{},
		},
		"retired currency": {
			account.AccountOpened{AccountID: "acc-1", FirstName: "Ada", InitialDeposit: retired},
			account.MoneyWithdrawn{Amount: retired},
		},
	})
}

package account_test

import (
	"flag"
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

var update = flag.Bool("update", false, "write the golden files")

var accounts = estest.For(account.Aggregate)

type (
	events   = []account.Event
	decision = func(account.State) ([]account.Event, error)
	testCase = estest.Case[account.State, account.Event]
)

// refused is the error of a command that a rule refuses.
func refused(code rule.Code) error { return &rule.Violation{Code: code} }

func refusals(codes ...rule.Code) []error {
	errs := make([]error, len(codes))
	for i, code := range codes {
		errs[i] = refused(code)
	}
	return errs
}

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func eur(amount string) money.Money { return money.Must(money.New(amount, "EUR")) }

// opened is Ada's account with an initial deposit.
func opened(deposit money.Money) account.AccountOpened {
	return account.AccountOpened{AccountID: "acc-1", FirstName: "Ada", InitialDeposit: deposit}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	accounts.Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		account.AccountOpened{AccountID: "acc-1", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", InitialDeposit: usd("100.00")},
		account.MoneyDeposited{Amount: usd("12.34"), Description: "rent & more", FromAccountID: "acc-2"},
		account.MoneyWithdrawn{Amount: usd("0.50"), Description: "coffee", ToAccountID: "acc-2"},
		account.AccountClosed{},
	)
}

package account_test

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// life is every event of an account.
var life = events{
	opened(usd("100")),
	account.MoneyDeposited{Amount: usd("20.50")},
	account.MoneyWithdrawn{Amount: usd("120.50"), ToAccountID: "acc-2"},
	account.AccountClosed{},
}

func TestState(t *testing.T) {
	t.Parallel()
	want := []account.State{
		{},
		{AccountID: "acc-1", OwnerName: "Ada", Balance: usd("100"), Status: account.StatusOpen},
		{AccountID: "acc-1", OwnerName: "Ada", Balance: usd("120.50"), Status: account.StatusOpen},
		{AccountID: "acc-1", OwnerName: "Ada", Balance: usd("0"), Status: account.StatusOpen},
		{AccountID: "acc-1", OwnerName: "Ada", Balance: usd("0"), Status: account.StatusClosed},
	}
	for n := range want {
		if got := accounts.Given(life[:n]...).State(); got != want[n] {
			t.Errorf("after %d events: got %+v, want %+v", n, got, want[n])
		}
	}
	accounts.Given(life...).SurvivesSnapshots(t)
}

func TestStateAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(accounts.Given(life[0]).State())
	want := `{"accountId":"acc-1","ownerName":"Ada","balance":{"amount":"100.00","currency":"USD"},"status":"open"}`
	if err != nil || string(got) != want {
		t.Errorf("state: %s, %v\nwant %s", got, err, want)
	}
}

func TestABalanceIsNotMadeUp(t *testing.T) {
	t.Parallel()
	defer func() {
		if _, ok := recover().(*money.CurrencyMismatchError); !ok {
			t.Error("want a panic: no decision lets such a history happen")
		}
	}()
	accounts.Given(opened(usd("100")), account.MoneyDeposited{Amount: eur("1")}).State()
}

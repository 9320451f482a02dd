package account_test

import (
	"testing"

	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

// other is Bob's account.
func other(deposit money.Money) account.AccountOpened {
	return account.AccountOpened{AccountID: "acc-2", FirstName: "Bob", InitialDeposit: deposit}
}

func TestTransferFrom(t *testing.T) {
	t.Parallel()
	hundred := events{opened(usd("100"))}
	to := func(amount money.Money, receiver ...account.Event) decision {
		return func(from account.State) ([]account.Event, error) {
			onFrom, _, err := account.Transfer(from, accounts.Given(receiver...).State(), amount, "rent")
			return onFrom, err
		}
	}
	withdrawn := events{account.MoneyWithdrawn{Amount: usd("100"), Description: "rent", ToAccountID: "acc-2"}}

	accounts.Run(t, []testCase{
		{Name: "transfer", Given: hundred, When: to(usd("100"), other(usd("0"))), Then: withdrawn},
		{
			Name:      "to the same account",
			Given:     hundred,
			When:      to(usd("1"), opened(usd("100"))),
			ThenError: refused(account.SameAccount),
		},
		{Name: "nothing", Given: hundred, When: to(usd("0"), other(usd("0"))), ThenError: refused(rule.AmountNotPositive)},
		{
			Name:      "a cent too much",
			Given:     hundred,
			When:      to(usd("100.01"), other(usd("0"))),
			ThenError: refused(account.InsufficientFunds),
		},
		{
			Name:      "another currency",
			Given:     hundred,
			When:      to(eur("1"), other(eur("0"))),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name:      "to an account in another currency",
			Given:     hundred,
			When:      to(usd("1"), other(eur("0"))),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name:      "to a full account",
			Given:     hundred,
			When:      to(usd("1"), other(usd("9999999999999999.99"))),
			ThenError: refused(rule.AmountTooLarge),
		},
		{
			Name:      "to a closed account",
			Given:     hundred,
			When:      to(usd("1"), other(usd("0")), account.AccountClosed{}),
			ThenError: refused(account.NotOpen),
		},
		{
			Name: "to an account that was never opened", Given: hundred, When: to(usd("1")), ThenError: refused(account.NotOpen),
		},
		{
			Name:      "from a closed account",
			Given:     events{opened(usd("0")), account.AccountClosed{}},
			When:      to(usd("1"), other(usd("0"))),
			ThenError: refused(account.NotOpen),
		},
		{
			Name:      "from an account that was never opened",
			When:      to(usd("1"), other(usd("0"))),
			ThenError: refused(account.NotOpen),
		},
	}, refusals(account.NotOpen, account.InsufficientFunds, account.SameAccount)...)
}

func TestTransferTo(t *testing.T) {
	t.Parallel()
	from := accounts.Given(opened(usd("100"))).State()
	accounts.Given(other(usd("5"))).When(func(to account.State) ([]account.Event, error) {
		_, onTo, err := account.Transfer(from, to, usd("40"), "rent")
		return onTo, err
	}).Then(t,
		account.MoneyDeposited{Amount: usd("40"), Description: "rent", FromAccountID: "acc-1"},
	).ThenState(t,
		account.State{AccountID: "acc-2", OwnerName: "Bob", Balance: usd("45"), Status: account.StatusOpen},
	)
}

func TestARefusedTransferHappensToNeither(t *testing.T) {
	t.Parallel()
	from, to := accounts.Given(opened(usd("100"))).State(), accounts.Given(other(usd("5"))).State()
	onFrom, onTo, err := account.Transfer(from, to, usd("100.01"), "")
	if onFrom != nil || onTo != nil || !rule.Violated(err, account.InsufficientFunds) {
		t.Errorf("transfer: %v, %v, %v, want InsufficientFunds", onFrom, onTo, err)
	}
}

package account_test

import (
	"testing"

	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

func open(deposit money.Money) decision {
	return func(account.State) ([]account.Event, error) { return account.Open("acc-1", "Ada", "", deposit) }
}

func deposit(amount money.Money) decision {
	return func(s account.State) ([]account.Event, error) { return s.Deposit(amount, "gift") }
}

func withdraw(amount money.Money) decision {
	return func(s account.State) ([]account.Event, error) { return s.Withdraw(amount, "rent") }
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	hundred := events{opened(usd("100"))}
	closed := events{opened(usd("0")), account.AccountClosed{}}
	deposited := func(amount string) events {
		return events{account.MoneyDeposited{Amount: usd(amount), Description: "gift"}}
	}
	withdrawn := func(amount string) events {
		return events{account.MoneyWithdrawn{Amount: usd(amount), Description: "rent"}}
	}
	most := usd("9999999999999999.99")

	accounts.Run(t, []testCase{
		{Name: "open", When: open(usd("100")), Then: hundred},
		{Name: "open with nothing", When: open(eur("0")), Then: events{opened(eur("0"))}},
		{Name: "open with a debt", When: open(usd("-0.01")), ThenError: refused(rule.AmountNegative)},
		{Name: "open without a currency", When: open(money.Money{}), ThenError: refused(rule.CurrencyMissing)},

		{Name: "deposit", Given: hundred, When: deposit(usd("0.01")), Then: deposited("0.01")},
		{Name: "deposit nothing", Given: hundred, When: deposit(usd("0")), ThenError: refused(rule.AmountNotPositive)},
		{
			Name:      "deposit less than nothing",
			Given:     hundred,
			When:      deposit(usd("-5")),
			ThenError: refused(rule.AmountNotPositive),
		},
		{Name: "deposit no money", Given: hundred, When: deposit(money.Money{}), ThenError: refused(rule.AmountNotPositive)},
		{
			Name: "deposit another currency", Given: hundred, When: deposit(eur("5")), ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name:      "deposit another currency into an empty account",
			Given:     events{opened(usd("0"))},
			When:      deposit(eur("5")),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name:  "deposit until it is full",
			Given: events{opened(usd("0"))},
			When:  deposit(most),
			Then:  deposited(most.Amount()),
		},
		{
			Name:      "deposit too much",
			Given:     events{opened(most)},
			When:      deposit(usd("0.01")),
			ThenError: refused(rule.AmountTooLarge),
		},
		{Name: "deposit into a closed account", Given: closed, When: deposit(usd("5")), ThenError: refused(account.NotOpen)},
		{Name: "deposit before it is opened", When: deposit(usd("5")), ThenError: refused(account.NotOpen)},

		{Name: "withdraw", Given: hundred, When: withdraw(usd("99.99")), Then: withdrawn("99.99")},
		{Name: "withdraw all", Given: hundred, When: withdraw(usd("100")), Then: withdrawn("100")},
		{
			Name:      "withdraw less than a cent",
			Given:     hundred,
			When:      withdraw(money.Must(money.Held("0.001", "USD"))),
			ThenError: refused(rule.AmountTooFine),
		},
		{
			Name:      "withdraw a cent too much",
			Given:     hundred,
			When:      withdraw(usd("100.01")),
			ThenError: refused(account.InsufficientFunds),
		},
		{
			Name:      "withdraw from nothing",
			Given:     events{opened(usd("0"))},
			When:      withdraw(usd("0.01")),
			ThenError: refused(account.InsufficientFunds),
		},
		{
			Name:  "withdraw the deposits too",
			Given: append(hundred[:1:1], deposited("50")[0]),
			When:  withdraw(usd("150")),
			Then:  withdrawn("150"),
		},
		{
			Name:      "withdraw what is gone",
			Given:     append(hundred[:1:1], withdrawn("50")[0]),
			When:      withdraw(usd("51")),
			ThenError: refused(account.InsufficientFunds),
		},
		{Name: "withdraw nothing", Given: hundred, When: withdraw(usd("0")), ThenError: refused(rule.AmountNotPositive)},
		{
			Name:      "withdraw less than nothing",
			Given:     hundred,
			When:      withdraw(usd("-5")),
			ThenError: refused(rule.AmountNotPositive),
		},
		{
			Name:      "withdraw another currency",
			Given:     hundred,
			When:      withdraw(eur("5")),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name: "withdraw from a closed account", Given: closed, When: withdraw(usd("5")), ThenError: refused(account.NotOpen),
		},
		{Name: "withdraw before it is opened", When: withdraw(usd("5")), ThenError: refused(account.NotOpen)},

		{Name: "close", Given: events{opened(usd("0"))}, When: account.State.Close, Then: events{account.AccountClosed{}}},
		{
			Name:  "close when all is withdrawn",
			Given: append(hundred[:1:1], withdrawn("100")[0]),
			When:  account.State.Close,
			Then:  events{account.AccountClosed{}},
		},
		{
			Name:      "close with a cent in it",
			Given:     events{opened(usd("0.01"))},
			When:      account.State.Close,
			ThenError: refused(account.BalanceNotZero),
		},
		{Name: "close twice", Given: closed, When: account.State.Close, ThenError: refused(account.NotOpen)},
		{Name: "close before it is opened", When: account.State.Close, ThenError: refused(account.NotOpen)},
	}, refusals(account.NotOpen, account.InsufficientFunds, account.BalanceNotZero, rule.AmountNotPositive,
		rule.AmountNegative, rule.AmountTooLarge, rule.CurrencyMissing, rule.CurrencyMismatch)...)
}

package account_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/rule"
)

// TestLimits: an account checks ids and texts itself, because commands do not only come over HTTP.
func TestLimits(t *testing.T) {
	t.Parallel()
	opening := func(id, name, email string) decision {
		return func(account.State) ([]account.Event, error) { return account.Open(id, name, email, usd("1")) }
	}
	deposit := func(description string) decision {
		return func(s account.State) ([]account.Event, error) { return s.Deposit(usd("1"), description) }
	}
	withdraw := func(description string) decision {
		return func(s account.State) ([]account.Event, error) { return s.Withdraw(usd("1"), description) }
	}
	transfer := func(description string) decision {
		return func(s account.State) ([]account.Event, error) {
			events, _, err := account.Transfer(s, accounts.Given(other(usd("0"))).State(), usd("1"), description)
			return events, err
		}
	}
	hundred := events{opened(usd("100"))}
	// accounts stored before these rules existed still work
	old := events{account.AccountOpened{
		AccountID: "a#b/../c d", FirstName: "", Email: "nonsense", InitialDeposit: usd("1"),
	}}
	const most = 500
	longest := strings.Repeat("🙂", most)
	accounts.Run(t, []testCase{
		{
			Name:      "open under an id that no route addresses",
			When:      opening("a#b/../c d", "Ada", ""),
			ThenError: refused(rule.IDMalformed),
		},
		{Name: "open under no id", When: opening("", "Ada", ""), ThenError: refused(rule.IDMalformed)},
		{
			Name:      "open under a long id",
			When:      opening(strings.Repeat("a", rule.MaxID+1), "Ada", ""),
			ThenError: refused(rule.IDMalformed),
		},
		{Name: "open for nobody", When: opening("acc-1", " ", ""), ThenError: refused(rule.TextMissing)},
		{
			Name:      "open for a long name",
			When:      opening("acc-1", strings.Repeat("x", 201), ""),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "open for a name that is not UTF-8",
			When:      opening("acc-1", "\xff", ""),
			ThenError: refused(rule.TextMalformed),
		},
		{
			Name:      "open with no e-mail address",
			When:      opening("acc-1", "Ada", "nonsense"),
			ThenError: refused(rule.EmailMalformed),
		},

		{Name: "deposit with the longest description", Given: hundred, When: deposit(longest),
			Then: events{account.MoneyDeposited{Amount: usd("1"), Description: longest}}},
		{
			Name:      "deposit with a longer one",
			Given:     hundred,
			When:      deposit(longest + "x"),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "withdraw with a longer one",
			Given:     hundred,
			When:      withdraw(longest + "x"),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "transfer with a longer one",
			Given:     hundred,
			When:      transfer(longest + "x"),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "deposit with one that is not UTF-8",
			Given:     hundred,
			When:      deposit("\xff"),
			ThenError: refused(rule.TextMalformed),
		},
		{
			Name:      "withdraw with one that is not UTF-8",
			Given:     hundred,
			When:      withdraw("\xff"),
			ThenError: refused(rule.TextMalformed),
		},
		{
			Name:      "transfer with one that is not UTF-8",
			Given:     hundred,
			When:      transfer("\xff"),
			ThenError: refused(rule.TextMalformed),
		},

		{
			Name:  "withdraw from an account of old",
			Given: old,
			When:  withdraw(""),
			Then:  events{account.MoneyWithdrawn{Amount: usd("1")}},
		},
	}, refusals(rule.IDMalformed, rule.TextMissing, rule.TextTooLong, rule.TextMalformed, rule.EmailMalformed)...)
}

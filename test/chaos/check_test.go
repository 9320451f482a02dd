package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// commit returns a commit of one event, as the store would return it.
func commit(t *testing.T, stream string, version int64, key, id, kind, data string) es.Commit {
	t.Helper()
	name, err := es.ParseStreamID(stream)
	if err != nil {
		t.Fatal(err)
	}
	return es.Commit{
		Stream: name, Version: version, ID: id, Meta: es.Meta{CorrelationID: key},
		Events: []es.RawEvent{{Type: kind, Schema: 1, Data: json.RawMessage(data)}},
	}
}

func keep(commits ...es.Commit) *stored {
	s := &stored{streams: map[string][]es.Commit{}, byKey: map[string][]es.Commit{}}
	for _, c := range commits {
		s.add(c)
	}
	return s
}

const (
	opened = `{"accountId":"a","initialDeposit":{"amount":"100.00","currency":"USD"}}`
	ten    = `{"amount":{"amount":"10.00","currency":"USD"}}`
)

// TestViolationsAreFound: the checks find each kind of broken promise.
func TestViolationsAreFound(t *testing.T) {
	t.Parallel()
	open := commit(t, "Account#a", 1, "k1", "i1", "AccountOpened", opened)
	other := commit(t, "Account#b", 1, "k2", "i2", "AccountOpened", opened)
	deposit := commit(t, "Account#a", 2, "k3", "i3", "MoneyDeposited", ten)
	operations := func(status int) []*operation {
		return []*operation{
			{
				Kind:   "account opening",
				Key:    "k1",
				To:     "a",
				Cents:  10_000,
				Status: 201,
				Done:   []written{{"Account#a", 1, []string{"AccountOpened"}, 10_000}},
			},
			{
				Kind:   "account opening",
				Key:    "k2",
				To:     "b",
				Cents:  10_000,
				Status: 201,
				Done:   []written{{"Account#b", 1, []string{"AccountOpened"}, 10_000}},
			},
			{
				Kind: "account deposit", Key: "k3", To: "a", Cents: 1000, Status: status, Call: 1, Return: 2,
				Done: []written{{"Account#a", 2, []string{"MoneyDeposited"}, 11_000}},
			},
		}
	}
	for name, c := range map[string]struct {
		commits []es.Commit
		status  int
		want    string // "" = nothing
	}{
		"all is well":     {[]es.Commit{open, other, deposit}, 200, ""},
		"unknown, stored": {[]es.Commit{open, other, deposit}, 0, ""},
		"unknown, not":    {[]es.Commit{open, other}, 0, ""},
		"lost":            {[]es.Commit{open, other}, 200, "acknowledged as"},
		"rejected":        {[]es.Commit{open, other, deposit}, 422, "rejected with 422, but stored"},
		"twice": {[]es.Commit{open, other, deposit, commit(t, "Account#a", 3, "k3", "i4", "MoneyDeposited", ten)}, 200,
			"stored 2 times"},
		"a gap": {[]es.Commit{open, other, commit(t, "Account#a", 3, "k3", "i3", "MoneyDeposited", ten)}, 200,
			"version 1 is followed by 3"},
		"overdrawn": {[]es.Commit{open, other, deposit, commit(t, "Account#a", 3, "r", "i4", "MoneyWithdrawn",
			`{"amount":{"amount":"110.01","currency":"USD"}}`)}, 200, "overdrawn by 1 cents at version 3"},
		"money from nowhere": {[]es.Commit{
			open, other, deposit, commit(t, "Account#a", 3, "r", "i4", "MoneyDeposited", ten),
		}, 200,
			"stored commands it should be 21000"},
		"half a transfer": {[]es.Commit{open, other, deposit, commit(t, "Account#a", 3, "r", "i4", "MoneyWithdrawn",
			`{"amount":{"amount":"1.00","currency":"USD"},"toAccountId":"b"}`)}, 200,
			`withdrawn "100 from a to b", deposited ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{operations: operations(c.status)}
			keep(c.commits...).check(h)
			got := strings.Join(h.violations, "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestReactionsAreNotTheirCommand: commits of a reaction, which have the correlation id of the command, do not count as
// commits of the command.
func TestReactionsAreNotTheirCommand(t *testing.T) {
	t.Parallel()
	command := commit(t, "Order#o", 1, "k", "i1", "OrderPlaced", `{}`)
	reaction := commit(t, "Product#p", 1, "k", "i2", "StockReserved", `{}`)
	reaction.Meta.CausationID = "Order#o@1"
	if own := keep(command, reaction).own("k"); len(own) != 1 || own[0].ID != "i1" {
		t.Errorf("own answers: %v, want i1", own)
	}
}

// TestAccountsAreLinearizable: the check accepts linearizable histories and refuses others.
func TestAccountsAreLinearizable(t *testing.T) {
	t.Parallel()
	at := func(call, end int, o operation) *operation {
		o.Call, o.Return = time.Duration(call), time.Duration(end)
		return &o
	}
	opening := at(0, 1, operation{
		Kind: "account opening", To: "a", Cents: 100, Status: 201, Done: []written{{balance: 100}},
	})
	deposit := func(call, end int, balance int64) *operation {
		return at(call, end, operation{
			Kind: "account deposit", To: "a", Cents: 10, Status: 200, Done: []written{{balance: balance}},
		})
	}
	refused := func(call, end int, cents int64) *operation {
		return at(call, end, operation{Kind: "account withdrawal", From: "a", Cents: cents, Status: 422})
	}
	for name, c := range map[string]struct {
		operations []*operation
		legal      bool
	}{
		"one after the other":       {[]*operation{opening, deposit(2, 3, 110), deposit(4, 5, 120)}, true},
		"at once, either order":     {[]*operation{opening, deposit(2, 9, 120), deposit(3, 8, 110)}, true},
		"an earlier one came later": {[]*operation{opening, deposit(2, 3, 120), deposit(4, 5, 110)}, false},
		"a lost update":             {[]*operation{opening, deposit(2, 9, 110), deposit(3, 8, 110)}, false},
		"refused for good reason":   {[]*operation{opening, refused(2, 3, 101)}, true},
		"refused by a stale state":  {[]*operation{opening, deposit(2, 3, 110), refused(4, 5, 105)}, false},
		"refused while it was so":   {[]*operation{opening, deposit(2, 5, 110), refused(3, 6, 105)}, true},
		"opened twice":              {[]*operation{opening, at(2, 3, *opening)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{operations: c.operations}
			if n := checkAccounts(keep(), h); n != len(c.operations) {
				t.Errorf("checked %d operations, want %d", n, len(c.operations))
			}
			if legal := len(h.violations) == 0; legal != c.legal {
				t.Errorf("legal: %t, want %t: %v", legal, c.legal, h.violations)
			}
		})
	}
}

// TestCompare: a difference in a field, and one in a list, is described.
func TestCompare(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"version": int64(2),
		"items":   []map[string]any{{"orderId": "a", "version": int64(1)}, {"orderId": "b", "version": int64(2)}},
	}
	for text, says := range map[string]string{
		`{"version":2,"more":1,"items":[{"orderId":"b","version":2,"x":0},{"orderId":"a","version":1}]}`: "",
		`{"version":3,"items":[{"orderId":"b","version":2},{"orderId":"a","version":1}]}`:                "version",
		`{"version":2,"items":[{"orderId":"b","version":3},{"orderId":"a","version":1}]}`:                "items",
		`{"version":2,"items":[{"orderId":"b","version":2}]}`:                                            "items",
		`{"version":2}`: "items",
	} {
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if difference := compare(want, got); (difference == "") != (says == "") || !strings.HasPrefix(difference, says) {
			t.Errorf("%s: got %q, want %q", text, difference, says)
		}
	}
}

// TestAmounts: amounts are parsed in the form that the service writes.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]amount{
		`{"amount":"12.34","currency":"USD"}`: 1234, `{"amount":"-0.05","currency":"USD"}`: -5,
		`{"amount":"7","currency":"USD"}`: 700, `null`: 0,
	} {
		var got amount
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("parse %s: %d, %v, want %d", text, got, err, want)
		}
	}
}

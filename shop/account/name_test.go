package account_test

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
)

// TestOwnerName: a name is returned as it was given, except for space around it, whatever schema it was stored with.
func TestOwnerName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]struct{ first, last string }{
		"Ada Lovelace":     {"Ada", "Lovelace"},
		"Ludwig van B.":    {"Ludwig van", "B."},
		"Madonna":          {"Madonna", ""},
		"  Ann  Lee  ":     {"Ann ", "Lee"},
		"María José Pérez": {"María José", "Pérez"},
		"":                 {"", ""}, // of old: it is refused now
	} {
		events, err := account.Open("a", given, "", usd("1"))
		if given == "" {
			events, err = []account.Event{account.AccountOpened{AccountID: "a", InitialDeposit: usd("1")}}, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		opened, _ := events[0].(account.AccountOpened)
		if opened.FirstName != want.first || opened.LastName != want.last {
			t.Errorf("%q is split into %q and %q", given, opened.FirstName, opened.LastName)
		}
		old, err := json.Marshal(map[string]any{"accountId": "a", "ownerName": given, "initialDeposit": usd("1")})
		if err != nil {
			t.Fatal(err)
		}
		c := es.Commit{
			Stream:  account.Aggregate.Stream("a"),
			Version: 1,
			Events:  []es.RawEvent{{Type: "AccountOpened", Schema: 1, Data: old}},
		}
		err = account.Aggregate.Events.Decode(&c, 0, func(e account.Event) error {
			if e != events[0] {
				t.Errorf("schema 1 reads as %+v, want %+v", e, events[0])
			}
			return nil
		})
		if err != nil {
			t.Errorf("name %q: %v", given, err)
		}
	}
}

// TestErasedName: without personal data an account has no name and no e-mail address, whatever schema it was stored with,
// and also if it was stored in the clear.
func TestErasedName(t *testing.T) {
	t.Parallel()
	want := account.AccountOpened{AccountID: "a", FirstName: "(removed)", InitialDeposit: usd("1")}
	if want.OwnerName() != "(removed)" {
		t.Errorf("erased name: %q, want (removed)", want.OwnerName())
	}
	const deposit = `"initialDeposit":{"amount":"1.00","currency":"USD"}}`
	for schema, data := range map[int]string{
		1: `{"accountId":"a","ownerName":"Ada Lovelace",` + deposit,
		2: `{"accountId":"a","firstName":"Ada","lastName":"Lovelace","email":"ada@example.com",` + deposit,
	} {
		c := es.Commit{
			Stream:  account.Aggregate.Stream("a"),
			Version: 1,
			Events:  []es.RawEvent{{Type: "AccountOpened", Schema: schema, Data: json.RawMessage(data)}},
		}
		err := account.Aggregate.Events.Erasing().Decode(&c, 0, func(e account.Event) error {
			if e != account.Event(want) {
				t.Errorf("schema %d without personal data: %+v, want %+v", schema, e, want)
			}
			return nil
		})
		if err != nil {
			t.Errorf("schema %d: %v", schema, err)
		}
	}
}

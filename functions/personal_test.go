package functions_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// customers is a service with an account and an order of each of ada and bob, at versions that have snapshots.
func customers(t *testing.T) *service {
	t.Helper()
	s := newService(t)
	s.as(t, "operator", "POST /products", listedP).is(t, "201")
	items := strings.TrimSuffix(strings.Repeat(itemP+",", 55), ",")
	for who, name := range map[string]string{"ada": "Ada Lovelace", "bob": "Robert Fitzgerald"} {
		replace := strings.NewReplacer("WHO", who, "NAME", name, "ITEMS", items)
		for _, step := range []struct{ target, body, status string }{
			{"POST /accounts", `{"accountId":"WHO-1","ownerName":"NAME","email":"WHO@lovelace.example",` +
				`"initialDeposit":{"amount":"10","currency":"USD"}}`, "201"},
			{"POST /orders", `{"orderId":"o-WHO","customerId":"WHO","items":[ITEMS]}`, "201"},
			{"PUT /orders/o-WHO/shipping-address", `{"recipient":"NAME","line1":"12 St James Square, WHO",` +
				`"city":"Bloomsbury","country":"UK"}`, "200"},
		} {
			s.as(t, who, replace.Replace(step.target), replace.Replace(step.body)).is(t, step.status)
		}
		for range 100 {
			s.as(t, who, "POST /accounts/"+who+"-1/deposits", usd5).is(t, "200")
		}
	}
	s.project(t)
	return s
}

// reveals reports whether a text contains a word in any case, or as base64 at any place of the encoded text.
func reveals(text, word string) bool {
	if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
		return true
	}
	for _, as := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			encoded := as.EncodeToString([]byte(strings.Repeat("-", shift) + word))
			if strings.Contains(text, encoded[shift+1:len(encoded)-2]) { // without what depends on its neighbors
				return true
			}
		}
	}
	return false
}

// TestPersonalDataIsStoredEncrypted: no item of the event table has a name, an e-mail address or a shipping address, in
// the clear or as base64. The ids of customers are there.
func TestPersonalDataIsStoredEncrypted(t *testing.T) {
	t.Parallel()
	s := customers(t)
	var stored strings.Builder
	for _, item := range s.commits(t) {
		c, err := dynamostore.Decode(item) // which also inflates what is compressed
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range []any{dynamotest.ItemJSON(item), c} {
			text, err := json.Marshal(of)
			if err != nil {
				t.Fatal(err)
			}
			stored.Write(text)
		}
		for _, e := range c.Events {
			stored.Write(e.Data)
		}
	}
	all := stored.String()
	for _, word := range []string{"Lovelace", "Fitzgerald", "lovelace.example", "St James Square", "Bloomsbury"} {
		if reveals(all, word) {
			t.Errorf("the event table has %q", word)
		}
		for _, around := range []string{"", "x", "xy", "xyz"} {
			if !reveals(base64.StdEncoding.EncodeToString([]byte(around+word+around)), word) {
				t.Errorf("%q is not found as base64", around+word+around)
			}
		}
	}
	for _, text := range []string{`"customerId":"ada"`, "$sealed", `.ada"`} {
		if !strings.Contains(all, text) {
			t.Errorf("the event table does not have %q: this test looks in the wrong place", text)
		}
	}
}

// forget deletes a customer's key, waits until no process has it, and erases what was derived from the customer's data.
func (s *service) forget(t *testing.T, who string) []es.StreamID {
	t.Helper()
	keys := s.keys(t)
	if _, err := keys.Forget(t.Context(), who, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.build(t) // new processes: none has the key in memory
	var streams []es.StreamID
	for stream, err := range keys.Streams(t.Context(), who) {
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, stream)
	}
	store := s.events(t)
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(annalsaws.Projections))
	engine := projection.NewEngine(store, catalog, projection.Config{Log: s.Log}, s.subscriptions()...)
	if _, err := engine.Refold(t.Context(), streams); err != nil {
		t.Fatal(err)
	}
	snapshots := dynamostore.NewSnapshots(s.client, s.Tables.Of(annalsaws.Snapshots))
	for _, stream := range streams {
		var version int64
		for c, err := range store.Read(t.Context(), stream, es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			version = c.LastVersion()
		}
		kept, err := snapshots.LoadSnapshot(t.Context(), stream)
		if err != nil || kept == nil {
			t.Fatalf("snapshot of %s: %v, %v; want one, or this test forgets none", stream, kept, err)
		}
		if err := snapshots.ForgetSnapshot(t.Context(), stream, version); err != nil {
			t.Fatal(err)
		}
	}
	return streams
}

// TestForgottenCustomer: after a customer is forgotten, the account and the order answer with erased values. The balance
// and the total stay, and so does everything of another customer.
func TestForgottenCustomer(t *testing.T) {
	t.Parallel()
	s := customers(t)
	shown := func(who string) map[string]string {
		all := map[string]string{}
		for _, target := range []string{
			"/accounts/WHO-1", "/accounts/WHO-1/statement?limit=200", "/accounts/WHO-1?version=1", "/streams/Account/WHO-1?limit=200",
			"/orders/o-WHO", "/orders/o-WHO?version=57", "/streams/Order/o-WHO?limit=200", "/customers/WHO/orders?limit=200",
		} {
			all[target] = s.as(t, who, "GET "+strings.ReplaceAll(target, "WHO", who), "").is200(t).Body
		}
		return all
	}
	const name, email, address = "Ada Lovelace", "ada@lovelace.example", "12 St James Square, ada"
	adas, bobs := shown("ada"), shown("bob")
	for target, want := range map[string][]string{
		"/accounts/WHO-1":                  {`"ownerName":"` + name + `"`, `"balance":{"amount":"510.00"`},
		"/streams/Account/WHO-1?limit=200": {`"firstName":"Ada"`, email},
		"/orders/o-WHO":                    {`"itemCount":55`, `"total":{"amount":"137.50"`},
		"/streams/Order/o-WHO?limit=200":   {address},
	} {
		for _, text := range want {
			if !strings.Contains(adas[target], text) {
				t.Errorf("GET %s: %s, want %s", target, adas[target], text)
			}
		}
	}

	streams := s.forget(t, "ada")
	slices.SortFunc(streams, func(a, b es.StreamID) int { return strings.Compare(a.String(), b.String()) })
	if got := fmt.Sprint(streams); got != "[Account#ada-1 Order#o-ada]" {
		t.Errorf("streams with data about ada: %s", got)
	}
	erased := strings.NewReplacer(
		`"ownerName":"`+name+`"`, `"ownerName":"(removed)"`,
		`"firstName":"Ada","lastName":"Lovelace","email":"`+email+`"`, `"firstName":"(removed)","lastName":null,"email":null`,
		`{"recipient":"`+name+`","line1":"`+address+`","city":"Bloomsbury","country":"UK"}`, `null`,
	)
	for target, got := range shown("ada") {
		if want := erased.Replace(adas[target]); got != want {
			t.Errorf("GET %s after ada was forgotten:\n%s\nwant\n%s", target, got, want)
		}
		for _, text := range []string{"Lovelace", email, "St James"} {
			if strings.Contains(got, text) {
				t.Errorf("GET %s still has %q", target, text)
			}
		}
	}
	for target, got := range shown("bob") {
		if got != bobs[target] {
			t.Errorf("GET %s of bob changed:\n%s\nwant\n%s", target, got, bobs[target])
		}
	}
	s.stillWorks(t)
}

// stillWorks tries commands after ada was forgotten: what needs no personal data of hers goes on.
func (s *service) stillWorks(t *testing.T) {
	t.Helper()
	const opening = `{"accountId":"new","ownerName":"Bob","email":"EMAIL","initialDeposit":{"amount":"0","currency":"USD"}}`
	with := func(email string) string { return strings.ReplaceAll(opening, "EMAIL", email) }
	for _, test := range []struct{ who, target, body, want string }{
		{"ada", "POST /accounts", with("new@lovelace.example"), "422 subject-forgotten"},
		{"ada", "PUT /orders/o-ada/shipping-address", addressJ, "422 subject-forgotten"},
		{"ada", "POST /orders/o-ada/place", "", "422 no-shipping-address"}, // nobody knows where it goes
		{"ada", "POST /orders/o-ada/items", itemP, "200"},
		{"ada", "POST /accounts/ada-1/deposits", usd5, "200"},
		{"ada", "POST /orders/o-ada/cancel", "", "200"},
		{"bob", "POST /accounts", with("ADA@lovelace.EXAMPLE"), "422 email-taken"}, // as long as her account is open
		{"bob", "POST /accounts", with("bob@lovelace.example"), "422 email-taken"},
		{"bob", "POST /accounts", with("new@lovelace.example"), "201"},
		{"bob", "POST /orders/o-bob/place", "", "200"},
	} {
		got := s.as(t, test.who, test.target, test.body)
		got.is(t, test.want)
		if test.who == "ada" && (strings.Contains(got.Body, "Lovelace") || strings.Contains(got.Body, "St James")) {
			t.Errorf("%s after ada was forgotten: %s, want no data about her", test.target, got.Body)
		}
		if test.target == "POST /accounts/ada-1/deposits" && !strings.Contains(got.Body, `"amount":"515.00"`) {
			t.Errorf("deposit on the account of a forgotten customer: %s, want a balance of 515.00", got.Body)
		}
	}
	s.project(t)
	if got := s.as(t, "ada", "GET /accounts/ada-1", "").is200(t).Body; !strings.Contains(got, `"ownerName":"(removed)"`) {
		t.Errorf("account of a forgotten customer after a deposit: %s, want an erased name", got)
	}
	if log := s.log.String(); strings.Contains(log, "Lovelace") || strings.Contains(log, "St James") {
		t.Errorf("the log has personal data: %s", log)
	}
}

// is200 checks that an answer is a 200, strongly consistent or not.
func (a answer) is200(t *testing.T) answer {
	t.Helper()
	if a.StatusCode != 200 {
		t.Errorf("status %d, body %s; want 200", a.StatusCode, a.Body)
	}
	return a
}

// TestStoredInTheClear: events from before their fields were marked are read as they are. What is stored now in the same
// stream is encrypted.
func TestStoredInTheClear(t *testing.T) {
	t.Parallel()
	s := newService(t)
	store, err := dynamostore.New(s.client, s.Tables.Of(annalsaws.Events), dynamostore.Config{}) // as an earlier version had it
	if err != nil {
		t.Fatal(err)
	}
	write := func(stream es.StreamID, events ...es.RawEvent) {
		t.Helper()
		_, err := store.Append(t.Context(), es.Append{
			Meta:   es.Meta{Actor: "ada"},
			Writes: []es.Write{{Head: store.Empty(stream), Events: events}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	event := func(kind string, schema int, data string) es.RawEvent {
		return es.RawEvent{Type: kind, Schema: schema, Data: json.RawMessage(data)}
	}
	const deposit = `"initialDeposit":{"amount":"10.00","currency":"USD"}}`
	write(es.StreamID{Type: "Account", ID: "one"},
		event("AccountOpened", 1, `{"accountId":"one","ownerName":"Ada Lovelace",`+deposit))
	write(es.StreamID{Type: "Account", ID: "two"},
		event("AccountOpened", 2, `{"accountId":"two","firstName":"Ada","lastName":"Lovelace",`+deposit))
	write(es.StreamID{Type: "Order", ID: "o"},
		event("OrderCreated", 1, `{"orderId":"o","customerId":"ada"}`),
		event("ShippingAddressSet", 1, `{"address":{"recipient":"Ada","line1":"1 Old Road","city":"Town","country":"Noland"}}`))
	s.project(t)
	for _, target := range []string{
		"GET /accounts/one", "GET /accounts/two", "GET /accounts/one?version=1", "GET /accounts/two?version=1",
	} {
		if got := s.as(t, "ada", target, "").is200(t).Body; !strings.Contains(got, `"ownerName":"Ada Lovelace"`) {
			t.Errorf("%s: %s, want the name", target, got)
		}
	}
	if got := s.as(t, "ada", "GET /streams/Order/o", "").is200(t).Body; !strings.Contains(got, "1 Old Road") {
		t.Errorf("audit trail of the order: %s, want the address", got)
	}
	body := strings.ReplaceAll(addressJ, "1 Road", "2 New Road")
	s.as(t, "ada", "PUT /orders/o/shipping-address", body).is(t, "200")
	s.as(t, "ada", "POST /accounts/one/deposits", usd5).is(t, "200")
	text, err := json.Marshal(s.records(t))
	if err != nil || !strings.Contains(string(text), "1 Old Road") || strings.Contains(string(text), "2 New Road") {
		t.Errorf("stored: %s, %v; want the old address in the clear and the new one encrypted", text, err)
	}
	if got := s.as(t, "ada", "GET /streams/Order/o", "").is200(t).Body; !strings.Contains(got, "2 New Road") {
		t.Errorf("audit trail of the order: %s, want the new address", got)
	}
}

package functions_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// openedEarlier stores an account and its reservation as the rule before did.
func (s *service) openedEarlier(t *testing.T, id, address string) (reserved es.StreamID) {
	t.Helper()
	h := hmac.New(sha256.New, []byte("key"))
	h.Write([]byte(strings.ToLower(strings.TrimSpace(address))))
	reserved = es.StreamID{Type: "Email", ID: base64.RawURLEncoding.EncodeToString(h.Sum(nil))}
	store := s.events(t)
	write := func(stream es.StreamID, kind string, schema int, payload any) es.Write {
		data, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		return es.Write{Head: store.Empty(stream), Events: []es.RawEvent{{Type: kind, Schema: schema, Data: data}}}
	}
	_, err := store.Append(t.Context(), es.Append{Writes: []es.Write{
		write(es.StreamID{Type: "Account", ID: id}, "AccountOpened", 2, map[string]any{
			"accountId": id, "firstName": "Ada", "email": address,
			"initialDeposit": map[string]string{"amount": "0.00", "currency": "USD"},
		}),
		write(reserved, "EmailReserved", 1, map[string]string{"accountId": id}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return reserved
}

// TestSpellingsOfOneEmail: one address can be reserved once, in whatever form it comes; what is another person's is
// another.
func TestSpellingsOfOneEmail(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i, spellings := range [][]string{
		{"ada@münchen.example", "Ada@xn--mnchen-3ya.example", "ada@MÜNCHEN.example", "ada@mu\u0308nchen.example"},
		{"josé@example.com", "jose\u0301@example.com"},
		{"ada@straße.example"}, {"ada@strasse.example"}, {"straße@example.com"}, {"strasse@example.com"},
		{"i@example.com", "I@example.com"}, {"ı@example.com"}, {"Ä@example.com"}, {"ä@example.com"},
	} {
		id := string(rune('a' + i))
		answer := s.ok(t, "POST /accounts", openWith(id, spellings[0]))
		if !strings.Contains(answer.Body, spellings[0]) {
			t.Errorf("%s is not shown as it was given: %s", spellings[0], answer.Body)
		}
		for _, other := range spellings {
			s.refused(t, "POST /accounts", openWith("other", other), http.StatusUnprocessableEntity, "email-taken")
		}
	}
	for _, no := range []string{
		"Ada <ada@example.com>", "<ada@example.com>", `\"ada\"@example.com`,
		"ada(x)@example.com", " ada@example.com", "ada@exa_mple.com",
	} {
		s.refused(t, "POST /accounts", openWith("other", no), http.StatusBadRequest, "invalid-request")
	}
}

// TestEmailOfTheEarlierRule: what was reserved by the rule before can't be reserved again in any spelling that leads
// to it, closing the account frees it, and then it is free.
func TestEmailOfTheEarlierRule(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i, test := range []struct{ stored, wanted string }{
		{"ada@münchen.example", "ada@xn--mnchen-3ya.example"},
		{"Ärger@example.com", "ärger@example.com"},
		{"Ada@Example.com", "ada@example.com"},
		{"Eve <eve@example.com>", ""}, // no address of today, and none can be told to be it
	} {
		id := string(rune('a' + i))
		reserved := s.openedEarlier(t, id, test.stored)
		if test.wanted != "" {
			s.refused(t, "POST /accounts", openWith("new-"+id, test.wanted), http.StatusUnprocessableEntity, "email-taken")
		}
		s.ok(t, "POST /accounts/"+id+"/close", "")
		if test.wanted != "" {
			s.ok(t, "POST /accounts", openWith("new-"+id, test.wanted))
		}
		released := false
		for c, err := range s.events(t).Read(t.Context(), reserved, es.Range{From: 2}) {
			if err != nil {
				t.Fatal(err)
			}
			released = released || c.Events[0].Type == "EmailReleased"
		}
		if !released {
			t.Errorf("%s is not released", test.stored)
		}
	}
}

// TestEmailCosts: looking for what the rule before reserved takes no request more, and no unit of an address of ASCII
// letters. The PutItem notes that the account has personal data.
func TestEmailCosts(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.ok(t, "POST /accounts", openWith("first", "first@example.com")) // which looks at DynamoDB's clock
	for _, test := range []struct {
		id, address string
		units       float64
	}{
		{"a", "ada@example.com", 5}, {"b", "ada@münchen.example", 7}, {"c", "josé@example.com", 7},
	} {
		meter.Take()
		s.ok(t, "POST /accounts", openWith(test.id, test.address))
		used := meter.Take()
		if diff := cmp.Diff(map[string]int{"PutItem": 1, "TransactWriteItems": 1}, used.Requests); diff != "" {
			t.Errorf("open an account with %s: requests (-want +got):\n%s", test.address, diff)
		}
		if used.WriteUnits != test.units {
			t.Errorf("%s: %v write units, want %v", test.address, used.WriteUnits, test.units)
		}
	}
}

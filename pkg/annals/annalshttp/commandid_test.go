package annalshttp

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
)

// TestStoredIDs: command ids and fingerprints are stored, so their computation never changes. With another id, the
// repeat of an old command would be stored twice. With another fingerprint, its repeat would be refused.
func TestStoredIDs(t *testing.T) {
	t.Parallel()
	deposit := &annals.Operation{Method: "POST", Path: "/accounts/{id}/deposits"}
	open := &annals.Operation{Method: "POST", Path: "/accounts"}
	target := []string{"a-1"}
	at := time.Date(2020, 1, 2, 3, 4, 5, 678900_000, time.UTC)
	const body = `{"description":"caf\u00e9 <&>","amount":{"currency":"USD","amount":"5.00"}}`
	for name, test := range map[string]struct{ got, want string }{
		"a command":             {commandID("ada", deposit, target, "k"), "GtB5FUiq_kWe4suZbvjk4g"},
		"one without a target":  {commandID("dev", open, nil, "key 1"), "z08VHqZc3E07YYNUpoVzcA"},
		"one with a quoted key": {commandID("ada", deposit, target, meant(t, `"k"`)), "GtB5FUiq_kWe4suZbvjk4g"},
		"one with a bare key":   {commandID("ada", deposit, target, meant(t, `k`)), "GtB5FUiq_kWe4suZbvjk4g"},
		"a body":                {fingerprint([]byte(body), time.Time{}), "es-NTxvEWtDQJdbw7imLUA"},
		"written in another way": {fingerprint(
			[]byte(` { "amount": {"amount":"5.00","currency":"USD"}, "description":"café \u003c\u0026>"}`), time.Time{},
		), "es-NTxvEWtDQJdbw7imLUA"},
		"that happened earlier": {fingerprint([]byte(body), at), "qIdo44ViVdw6gVFaq-PD1w"},
		"a number":              {fingerprint([]byte(`{"quantity":7}`), time.Time{}), "YWzwiM5KN58xx-kWw0HVdQ"},
		"no body":               {fingerprint(nil, time.Time{}), "qdVZPg0SiEa4YNPRQ3VmoQ"},
		"an empty body":         {fingerprint([]byte("{}"), time.Time{}), "qdVZPg0SiEa4YNPRQ3VmoQ"},
	} {
		if test.got != test.want {
			t.Errorf("%s: id %s, want the stored one, %s", name, test.got, test.want)
		}
	}
}

func meant(t *testing.T, sent idempotencyKey) string {
	t.Helper()
	key, err := sent.key()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

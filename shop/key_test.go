package shop_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestIdempotencyKeys: a repeat is recognized in whichever form it sends the key, over net/http and as an event.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	documented := regexp.MustCompile(headerOf(t, "deposit-money", "Idempotency-Key").Pattern)
	const deposits = "POST /accounts/a/deposits"
	for name, test := range map[string]struct{ one, same string }{
		"bare":                       {"k1", "k1"},
		"quoted and bare":            {`"k1"`, "k1"},
		"bare and quoted":            {"k 1;a=b", `"k 1;a=b"`},
		"escapes":                    {`"a\"b\\c"`, `a"b\c`},
		"a comma":                    {`"a,b"`, `"a,b"`},
		"a list in a string":         {`"a, b, c"`, `"a, b, c"`},
		"as long as can be":          {strings.Repeat("k", 255), `"` + strings.Repeat("k", 255) + `"`},
		"escapes as long as can be":  {`"` + strings.Repeat(`\"`, 255) + `"`, `"` + strings.Repeat(`\"`, 255) + `"`},
		"a backslash that is itself": {`a\b`, `"a\\b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClientWithA(t)
			for _, key := range []string{test.one, test.same} {
				if !documented.MatchString(key) {
					t.Errorf("the document refuses %s", key)
				}
				plain, event := both(t, c.handler, asked{
					target: deposits, body: usd5, headers: []string{"Idempotency-Key: " + key},
				})
				if plain.status != http.StatusOK || event.status != http.StatusOK {
					t.Fatalf("%s: %s, as an event %s", key, plain.text, event.text)
				}
			}
			if n := c.commits(t, "Account", "a"); n != 2 {
				t.Errorf("%d commits: want the account's and one deposit", n)
			}
		})
	}
}

// TestMalformedKeys: a header that is not exactly one key is refused, over net/http and as an event.
func TestMalformedKeys(t *testing.T) {
	t.Parallel()
	documented := regexp.MustCompile(headerOf(t, "deposit-money", "Idempotency-Key").Pattern)
	h := newClientWithA(t).handler
	for name, test := range map[string]struct {
		says    string
		headers []string
	}{
		"two":                       {" ", []string{"k", "k"}},
		"two that differ":           {" ", []string{"k1", "k2"}},
		"two quoted":                {" ", []string{`"k"`, `"k"`}},
		"two in both forms":         {" ", []string{`"k"`, `k`}},
		"a comma":                   {"has a comma", []string{"a,b"}},
		"nothing in quotes":         {"must not be empty", []string{`""`}},
		"half a string":             {"is not one quoted string", []string{`"k`}},
		"more after a string":       {"is not one quoted string", []string{`"k"x`}},
		"parameters":                {"is not one quoted string", []string{`"k";a=b`}},
		"an unknown escape":         {"is not one quoted string", []string{`"\k"`}},
		"an escape at the end":      {"is not one quoted string", []string{`"k\`}},
		"a letter beyond ASCII":     {"printable ASCII", []string{"ü"}},
		"one in quotes":             {"printable ASCII", []string{`"ü"`}},
		"a tab":                     {"printable ASCII", []string{"a\tb"}},
		"too long":                  {"255", []string{strings.Repeat("k", 256)}},
		"too long in quotes":        {"255", []string{`"` + strings.Repeat("k", 256) + `"`}},
		"escapes that are too long": {"255", []string{`"` + strings.Repeat(`\\`, 256) + `"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if joined := strings.Join(test.headers, ","); documented.MatchString(joined) {
				t.Errorf("the document lets %s pass", joined)
			}
			a := asked{target: "POST /accounts/a/deposits", body: usd5, field: "header.Idempotency-Key", says: test.says}
			for _, key := range test.headers {
				a.headers = append(a.headers, "Idempotency-Key: "+key)
			}
			a.check(t, h)
		})
	}
}

package email_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/rule"
)

// byEarlierRule is the id of an address by the earlier rule.
func byEarlierRule(key, address string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(strings.ToLower(strings.TrimSpace(address))))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func idOf(t *testing.T, key, address string) string {
	t.Helper()
	id, err := email.ID([]byte(key), address)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestID(t *testing.T) {
	t.Parallel()
	id := idOf(t, "key", "Ann@Example.com")
	if other := idOf(t, "key", "ann@example.COM"); other != id {
		t.Errorf("%s and %s are the same address", id, other)
	}
	if idOf(t, "key", "bob@example.com") == id || idOf(t, "other", "Ann@Example.com") == id {
		t.Error("another address or key gives the same id")
	}
	if strings.Contains(strings.ToLower(id), "ann") || len(id) != 43 {
		t.Errorf("id %q, want 43 characters without the address", id)
	}
	if idOf(t, "key", "ada@münchen.example") != idOf(t, "key", "Ada@XN--mnchen-3ya.example") {
		t.Error("two forms of a domain have two ids")
	}
	if _, err := email.ID([]byte("key"), " ann@example.com"); !rule.Violated(err, rule.EmailMalformed) {
		t.Errorf("id of a malformed address: %v, want EmailMalformed", err)
	}
}

// TestEarlierIDs: an address of ASCII letters keeps its id. Every other address has an id that the earlier rule gave to
// no address, and its ids by the earlier rule are known.
func TestEarlierIDs(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"ada@example.com", "Ada@Example.COM"} {
		if ids := email.EarlierIDs([]byte("key"), address); len(ids) > 0 ||
			idOf(t, "key", address) != byEarlierRule("key", address) {
			t.Errorf("ids of %s by the earlier rule: %v, want none, and the same id by both", address, ids)
		}
	}
	for address, spellings := range map[string][]string{
		"ada@münchen.example":          {"ada@münchen.example", "ada@xn--mnchen-3ya.example", "ADA@MÜNCHEN.example"},
		"Ada@xn--mnchen-3ya.example":   {"ada@münchen.example", "ada@xn--mnchen-3ya.example"},
		"Ärger@b.example":              {"Ärger@b.example", "ärger@b.example"},
		"jose\u0301@b.example":         {"jose\u0301@b.example", "josé@b.example"},
		"Ada <ada@b.example>":          {"ada <ada@b.example>"},
		" ada@b.example":               {"ada@b.example"},
		"not an address of any rule @": {"not an address of any rule @"},
	} {
		ids := email.EarlierIDs([]byte("key"), address)
		today, err := email.ID([]byte("key"), address)
		for _, spelling := range spellings {
			if id := byEarlierRule("key", spelling); id != today && !slices.Contains(ids, id) {
				t.Errorf("%q: what was reserved as %q is not looked for", address, spelling)
			}
		}
		if len(ids) > 4 || slices.Contains(ids, today) {
			t.Errorf("%q: %d earlier ids, want at most 4 without the current one", address, len(ids))
		}
		if local, _, _ := strings.Cut(address, "@"); err == nil &&
			strings.ContainsFunc(local, func(r rune) bool { return r > 127 }) {
			for _, spelling := range spellings {
				if byEarlierRule("key", spelling) == today {
					t.Errorf("%q: its id is that of the earlier rule, which folded all letters", address)
				}
			}
		}
	}
}

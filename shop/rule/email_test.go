package rule_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/shop/rule"
)

var emailPattern = regexp.MustCompile(rule.EmailPattern)

// TestEmail: addresses are compared by their canonical form, which is its own canonical form.
func TestEmail(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"a@b":                                  "a@b",
		"ada@example.com":                      "ada@example.com",
		"Ada+X@Example.COM":                    "ada+x@example.com",
		"!#$%&'*+/=?^_`{|}~-@b.example":        "!#$%&'*+/=?^_`{|}~-@b.example",
		"a.b.c@1.2.3":                          "a.b.c@1.2.3",
		"ada@münchen.example":                  "ada@xn--mnchen-3ya.example",
		"ada@MÜNCHEN.example":                  "ada@xn--mnchen-3ya.example",
		"ada@mu\u0308nchen.example":            "ada@xn--mnchen-3ya.example",
		"ada@XN--MNCHEN-3YA.example":           "ada@xn--mnchen-3ya.example",
		"ada@straße.example":                   "ada@xn--strae-oqa.example", // another domain than strasse.example
		"ada@ｅxample。com":                      "ada@example.com",           // what browsers make of it
		"ада@почта.рф":                         "ада@xn--80a1acny.xn--p1ai",
		"jose\u0301@example.com":               "josé@example.com",
		"JOSÉ@example.com":                     "josÉ@example.com", // É is folded by no rule of ours
		"JOSE\u0301@example.com":               "josÉ@example.com", // nor is its other normal form
		"H\u0331a@example.com":                 "H\u0331a@example.com",
		"straße@example.com":                   "straße@example.com",
		"ıI@example.com":                       "ıi@example.com",
		strings.Repeat("x", 64) + "@b.com":     strings.Repeat("x", 64) + "@b.com",
		"a@" + strings.Repeat("x.", 100) + "b": "a@" + strings.Repeat("x.", 100) + "b",
	} {
		got, err := rule.ParseEmail(address)
		if err != nil || got.String() != want {
			t.Errorf("parse %q: %q, %v, want %q", address, got, err, want)
			continue
		}
		if again, err := rule.ParseEmail(got.String()); err != nil || again != got {
			t.Errorf("%q: its canonical form parses as %q, %v", address, again, err)
		}
		if !emailPattern.MatchString(address) {
			t.Errorf("%q: the pattern does not match", address)
		}
	}
}

// TestEmailsOfOthers: no two of these are one address.
func TestEmailsOfOthers(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, address := range []string{
		"strasse@b.example", "straße@b.example", "STRAẞE@b.example", "i@b.example", "ı@b.example", "İ@b.example",
		"i\u0307@b.example",
		"ä@b.example", "Ä@b.example", "σ@b.example", "ς@b.example", "a.b@b.example", "ab@b.example", "ab+x@b.example",
		"ﬁ@b.example", "fi@b.example",
		"а@b.example" /* Cyrillic */, "a@b.example", "a@straße.example", "a@strasse.example", "h\u0331@b.example",
		"H\u0331@b.example",
	} {
		got, err := rule.ParseEmail(address)
		if err != nil {
			t.Errorf("parse %q: %v", address, err)
		}
		if other, there := seen[got.String()]; there {
			t.Errorf("%q and %q have the same canonical form", address, other)
		}
		seen[got.String()] = address
	}
}

func TestNoEmail(t *testing.T) {
	t.Parallel()
	byPattern := []string{
		"", "a@", "nonsense", "ada@", "@example.org", "Ada <ada@example.org>", "<ada@example.org>", " ada@example.org",
		"ada@example.org ", "ada@exa mple.com",
		`"ada lovelace"@example.org`, `"ada"@example.org`, "ada(comment)@example.org", "ada@example.org (Ada)",
		"ada@[127.0.0.1]", "a@b@c", `a\@b@c`,
		".ada@example.org", "ada.@example.org", "a..b@example.org", "ada@example..com", "ada@.example.org",
		"ada@example.org.", "ada,bob@example.org",
		"ada@example.org\n", "a\x00da@example.org", "a\u00a0b@example.org", "ada@example.org,bob@example.org",
		"group:ada@example.org;",
	}
	for _, address := range byPattern {
		if emailPattern.MatchString(address) {
			t.Errorf("%q: the pattern matches", address)
		}
	}
	for _, address := range append(byPattern,
		"a@b\xff", "ad\u200ba@example.org", "ad\u202ea@example.org", "ad\ufeffa@example.org", "a\u2003b@example.org",
		"ada@-example.org", "ada@example-.com", "ada@exa_mple.com", "ada@xn--a.com", "ada@xn--example-.com", "ada@xn--.com",
		"ada@a\u200bb\u2028.com", "ada@。com", "ada@\u00ad", "ada@a\u200d.com", "a@\u0301\u0345.example",
		"a@\u0345\u0301.example", "ada@"+strings.Repeat("x", 64)+".com",
		strings.Repeat("x", 65)+"@b.com", strings.Repeat("ä", 33)+"@b.com", strings.Repeat("x", 243)+"@example.org",
		"a@"+strings.Repeat("ü.", 40)+"com",
	) {
		err := rule.Email(address)
		if !rule.Violated(err, rule.EmailMalformed) || len(address) > 3 && strings.Contains(err.Error(), address) {
			t.Errorf("check %q: %v, want EmailMalformed without the address", address, err)
		}
	}
}

// TestEmailProperties: every address has one canonical form, in whichever normal form or letter case it is written.
func TestEmailProperties(t *testing.T) {
	t.Parallel()
	letters := rapid.SampledFrom([]rune("abKZ09+-._äÄßıİéÅﬁσς\u0301\u0307\u0331\u0345ㅎ가한\u1112\u1161"))
	part := rapid.StringOfN(letters, 1, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		address := part.Draw(t, "local") + "@" + part.Draw(t, "domain") + ".example"
		a, err := rule.ParseEmail(address)
		if err != nil {
			return
		}
		if !emailPattern.MatchString(address) {
			t.Fatalf("%q: the pattern does not match", address)
		}
		if again, err := rule.ParseEmail(a.String()); err != nil || again != a {
			t.Fatalf("%q: canonical form %q, canonical form of that %q, %v", address, a, again, err)
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if other, err := rule.ParseEmail(form.String(address)); err != nil || other != a {
				t.Fatalf("%q: canonical form %q, that of another normal form %q, %v", address, a, other, err)
			}
		}
	})
}

package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/annals-es/annals/shop/rule"
)

// KeyEnv is the environment variable that holds the key of [ID].
const KeyEnv = "EMAIL_KEY"

// ID is the id of the stream of an address. It is an HMAC, so that no table key contains the address. All spellings of
// one address have the same id: see [rule.ParseEmail].
//
// Errors: those of [rule.ParseEmail].
func ID(key []byte, address string) (string, error) {
	a, err := rule.ParseEmail(address)
	if err != nil {
		return "", err
	}
	text := a.String()
	if !isASCII(text) {
		// The prefix keeps this id apart from those of the earlier rule, under which more texts had the same id: it
		// folded all letters.
		text = "\x00" + text
	}
	return mac(key, text), nil
}

// EarlierIDs are the ids, other than that of [ID], under which the earlier rule may have reserved an address. That rule
// accepted what net/mail parses, changed all letters to lower case, and did not know the two forms of a domain. An
// address with only ASCII letters has the same id by both rules, so there are none for it here.
func EarlierIDs(key []byte, address string) []string {
	today, _ := ID(key, address) // "" if the current rule refuses the address
	var ids []string
	add := func(text string) {
		if id := mac(key, strings.ToLower(strings.TrimSpace(text))); id != today && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(address)
	a, err := rule.ParseEmail(address)
	if err != nil || isASCII(address) && !strings.Contains(a.Domain, "xn--") {
		return ids
	}
	local, _, _ := strings.Cut(address, "@")
	for _, text := range []string{local, a.Local} {
		add(text + "@" + a.Domain)
		add(text + "@" + a.UnicodeDomain())
	}
	return ids
}

func mac(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '\x7f' }) < 0
}

package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/annals-es/annals/shop/rule"
)

// KeyEnv is the environment variable that tells a function the key of [ID].
const KeyEnv = "EMAIL_KEY"

// ID is the id of the stream of an address: an HMAC, so that the address itself stands in no key. Spellings of one
// address have one id: see [rule.ParseEmail].
//
// Errors: those of [rule.ParseEmail].
func ID(key []byte, address string) (string, error) {
	a, err := rule.ParseEmail(address)
	if err != nil {
		return "", err
	}
	text := a.String()
	if !isASCII(text) {
		// The earlier rule has ids of such texts, too, and they mean more: it folded all letters.
		text = "\x00" + text
	}
	return mac(key, text), nil
}

// EarlierIDs are the ids, other than that of [ID], under which the rule before may have reserved an address. That
// rule took whatever net/mail reads, put all letters into lower case, and knew nothing of the forms of a domain. An
// address of ASCII letters alone has the same id by both rules, and none here.
func EarlierIDs(key []byte, address string) []string {
	today, _ := ID(key, address) // none, where today's rule refuses it
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

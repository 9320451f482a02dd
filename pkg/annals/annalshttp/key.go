package annalshttp

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// idempotencyKey is what callers send as Idempotency-Key: the key itself, or the key as a string of structured fields (RFC 9651),
// as the IETF's draft of the header has it: "k1". Both mean the key k1, so that a repeat counts as one whichever form
// the client's library writes.
//
// Two headers reach a function as one, joined by a comma. So a key has no comma but in a string.
type idempotencyKey string

const (
	maxKey     = 255 // characters
	keyPattern = `^([!#-+\--~][ -+\--~]{0,254}|"([ !#-\[\]-~]|\\["\\]){1,255}")$`
	keyForm    = `1 to 255 characters of printable ASCII without a comma, or such characters, commas too, in double ` +
		`quotes, where \" and \\ stand for " and \; both forms mean the same key`
)

// Schema implements [huma.SchemaProvider].
func (idempotencyKey) Schema(huma.Registry) *huma.Schema {
	return textSchema(keyPattern, keyForm)
}

// key is the key that is meant.
//
// Errors: [Problem], naming the header.
func (k idempotencyKey) key() (string, error) {
	text, quoted := strings.CutPrefix(string(k), `"`)
	if quoted {
		var whole bool
		if text, whole = unquote(text); !whole {
			return "", invalidField("header."+keyHeader,
				`begins with a double quote and is not one string: must be `+keyForm)
		}
	}
	switch {
	case text == "":
		return "", invalidField("header."+keyHeader, isEmpty)
	case !quoted && strings.Contains(text, ","):
		return "", invalidField("header."+keyHeader, "has a comma, as two headers have that were joined: send one "+
			"key, in double quotes if it has a comma")
	case !printable(text):
		return "", invalidField("header."+keyHeader, "must be printable ASCII")
	case len(text) > maxKey:
		return "", invalidField("header."+keyHeader, "must have at most "+strconv.Itoa(maxKey)+" characters")
	}
	return text, nil
}

// unquote reads the rest of a string of structured fields, after its first double quote. The string must be all of it.
func unquote(rest string) (text string, whole bool) {
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			return b.String(), i == len(rest)-1
		case '\\':
			if i++; i == len(rest) || rest[i] != '"' && rest[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(rest[i])
	}
	return "", false
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

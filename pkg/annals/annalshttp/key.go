package annalshttp

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// idempotencyKey is an Idempotency-Key as callers send it: either the bare key, k1, or a quoted string of structured
// fields (RFC 9651), "k1", as the IETF's draft of the header demands. Both mean the key k1, so a repeat is recognized
// whichever form the client's library writes.
//
// API Gateway joins two headers into one with a comma. So a bare key must not contain a comma.
type idempotencyKey string

const (
	maxKey     = 255 // characters
	keyPattern = `^([!#-+\--~][ -+\--~]{0,254}|"([ !#-\[\]-~]|\\["\\]){1,255}")$`
	keyForm    = `1 to 255 characters of printable ASCII without a comma; or, in double quotes, with commas too, where ` +
		`\" and \\ mean " and \. Both forms mean the same key`
)

// Schema implements [huma.SchemaProvider].
func (idempotencyKey) Schema(huma.Registry) *huma.Schema {
	return textSchema(keyPattern, keyForm)
}

// key returns the bare key.
//
// Errors: [Problem], which names the header.
func (k idempotencyKey) key() (string, error) {
	text, quoted := strings.CutPrefix(string(k), `"`)
	if quoted {
		var whole bool
		if text, whole = unquote(text); !whole {
			return "", invalidField("header."+keyHeader,
				`begins with a double quote but is not one quoted string: must be `+keyForm)
		}
	}
	switch {
	case text == "":
		return "", invalidField("header."+keyHeader, isEmpty)
	case !quoted && strings.Contains(text, ","):
		return "", invalidField("header."+keyHeader, "has a comma, so it may be two headers joined into one: send one "+
			"key, and put it in double quotes if it has a comma")
	case !printable(text):
		return "", invalidField("header."+keyHeader, "must be printable ASCII")
	case len(text) > maxKey:
		return "", invalidField("header."+keyHeader, "must have at most "+strconv.Itoa(maxKey)+" characters")
	}
	return text, nil
}

// unquote decodes the rest of a quoted string after its first double quote. whole reports whether the string ends at
// the end of the text.
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

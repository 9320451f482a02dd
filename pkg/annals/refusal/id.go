package refusal

import (
	"regexp"
	"unicode/utf8"
)

// IDMalformed is the rule of ids.
const IDMalformed Code = "id-malformed"

// The rule of ids, for aggregates and everything else that commands name. The edge makes its schema from it, and every
// decision that assigns an id checks it.
const (
	// MaxID is the longest id, in characters.
	MaxID = 128
	// IDPattern is the regular expression of ids. "." and ".." are not ids, because URLs do not preserve them.
	IDPattern = `^(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*$`
	// IDForm is IDPattern in words.
	IDForm = `an id: letters A-Z a-z, digits, '.', '_' and '-', other than "." and ".."`
)

var idPattern = regexp.MustCompile(IDPattern)

// ID refuses an id that is empty, too long, or made of other characters. It does not cite the id. Errors: [Violation].
func ID(what, id string) error {
	if len(id) > MaxID {
		return IDMalformed.Because("the %s must have at most %d characters, it has %d",
			what, MaxID, utf8.RuneCountInString(id))
	}
	if !idPattern.MatchString(id) {
		return IDMalformed.Because("the %s must be %s", what, IDForm)
	}
	return nil
}

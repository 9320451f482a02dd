package refusal

import (
	"regexp"
	"unicode/utf8"
)

// IDMalformed is the rule of ids.
const IDMalformed Code = "id-malformed"

// The rule of ids: of aggregates, and of what else commands name. It holds at the edge, which makes its schema from it, and
// in every decision that gives something an id.
const (
	// MaxID is the longest id, in characters.
	MaxID = 128
	// IDPattern is a regular expression of what an id is made of. "." and ".." are none: they don't survive in a URL.
	IDPattern = `^(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*$`
	// IDForm is IDPattern in words.
	IDForm = `an id: letters A-Z a-z, digits, '.', '_' and '-', other than "." and ".."`
)

var idPattern = regexp.MustCompile(IDPattern)

// ID refuses an id that is empty, too long, or made of other characters. It does not cite the id. Errors: [Violation].
func ID(what, id string) error {
	if len(id) > MaxID {
		return IDMalformed.Because("the %s must have at most %d characters, it has %d", what, MaxID, utf8.RuneCountInString(id))
	}
	if !idPattern.MatchString(id) {
		return IDMalformed.Because("the %s must be %s", what, IDForm)
	}
	return nil
}

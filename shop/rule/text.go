package rule

import (
	"strings"
	"unicode/utf8"
)

// Text is the rule for a text that people write. The edge's schemas have the same limits; a test compares them.
type Text struct {
	// Max is the longest text, in characters (as JSON Schema counts them, not in bytes).
	Max int
	// Needed means that the text must have more than spaces.
	Needed bool
}

// The texts of commands.
var (
	OwnerName      = Text{Max: 200, Needed: true}
	ProductName    = Text{Max: 200, Needed: true}
	Description    = Text{Max: 500}
	AddressLine    = Text{Max: 200, Needed: true}
	OptionalLine   = Text{Max: 200} // of an address
	PostalCode     = Text{Max: 40}
	TrackingNumber = Text{Max: 100, Needed: true}
)

// Check refuses a text that is too long, not UTF-8, or missing. It does not cite the text. Errors: [Violation].
func (t Text) Check(what, text string) error {
	switch length := utf8.RuneCountInString(text); {
	case length > t.Max:
		return TextTooLong.Because("the %s must have at most %d characters, it has %d", what, t.Max, length)
	case !utf8.ValidString(text):
		return TextMalformed.Because("the %s must be UTF-8", what)
	case t.Needed && strings.TrimSpace(text) == "":
		return TextMissing.Because("the %s must be more than spaces", what)
	}
	return nil
}

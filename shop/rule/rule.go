package rule

import "github.com/annals-es/annals/pkg/annals/refusal"

type (
	// Code names a rule.
	Code = refusal.Code
	// Violation reports that a command was refused, by which rule and why.
	Violation = refusal.Violation //nolint:errname // the word of the domain, and of the API
)

// The rule of ids.
const (
	IDMalformed = refusal.IDMalformed
	MaxID       = refusal.MaxID
	IDPattern   = refusal.IDPattern
	IDForm      = refusal.IDForm
)

// ID refuses an id that is empty, too long, or made of other characters. Errors: [Violation].
func ID(what, id string) error { return refusal.ID(what, id) }

// Violated reports whether an error is, or wraps, a violation of a rule.
func Violated(err error, code Code) bool { return refusal.Violated(err, code) }

// Package refusal lets decisions refuse a command in a stable way: with a code for programs and a sentence for people.
// Start with [Code.Because]. The package also has the rule that every id obeys.
package refusal

import (
	"errors"
	"fmt"
)

// Code names a rule in kebab case: "insufficient-funds". It is not empty. Clients of the API depend on it, so its
// meaning never changes.
type Code string

// Because returns the [Violation] of a rule, with a sentence that says what broke it.
func (c Code) Because(format string, args ...any) error {
	return &Violation{Code: c, Detail: fmt.Sprintf(format, args...)}
}

// Violation reports that a command was refused, by which rule and why. Nothing was changed.
//
//nolint:errname // the word of the domain, and of the API
type Violation struct {
	Code Code
	// Detail is a sentence for people, without a full stop. It may change.
	Detail string
}

// Error implements error. A decision may return a nil *Violation by mistake, as an error that is not nil.
func (v *Violation) Error() string {
	if v == nil {
		return "nil *refusal.Violation"
	}
	return string(v.Code) + ": " + v.Detail
}

// Is reports whether target is a violation of the same rule, whatever its detail.
func (v *Violation) Is(target error) bool {
	other, ok := target.(*Violation)
	return ok && v != nil && other != nil && other.Code == v.Code
}

// Violated reports whether an error is, or wraps, a violation of a rule.
func Violated(err error, code Code) bool { return errors.Is(err, &Violation{Code: code}) }

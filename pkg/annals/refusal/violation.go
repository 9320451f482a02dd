// Package refusal is how decisions refuse a command, told in a stable way: a code for programs and a sentence for people.
// The rule that every id obeys is here too.
package refusal

import (
	"errors"
	"fmt"
)

// Code names a rule in kebab case: "insufficient-funds". Callers of the API branch on it, so it never changes its meaning.
// It is not empty.
type Code string

// Because returns the [Violation] of a rule, with a sentence that says what was against it.
func (c Code) Because(format string, args ...any) error {
	return &Violation{Code: c, Detail: fmt.Sprintf(format, args...)}
}

// Violation says that a command was refused, by which rule and why. Nothing was changed.
//
//nolint:errname // the word of the domain, and of the API
type Violation struct {
	Code Code
	// Detail is a sentence for people, without full stop. It may change.
	Detail string
}

// Error implements error. A decision may return a nil *Violation by mistake, as an error that is not nil.
func (v *Violation) Error() string {
	if v == nil {
		return "nil *refusal.Violation"
	}
	return string(v.Code) + ": " + v.Detail
}

// Is tells whether target is a violation of the same rule, whatever its detail.
func (v *Violation) Is(target error) bool {
	other, ok := target.(*Violation)
	return ok && v != nil && other != nil && other.Code == v.Code
}

// Violated tells whether an error is, or wraps, a violation of a rule.
func Violated(err error, code Code) bool { return errors.Is(err, &Violation{Code: code}) }

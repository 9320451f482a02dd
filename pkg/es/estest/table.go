package estest

import (
	"errors"
	"testing"
)

// Case is one row of a test table: events so far, a decision, and its events or its error.
type Case[S, E any] struct {
	Name  string
	Given []E
	When  func(S) ([]E, error)
	// Then are the events that the decision must return; none = it must return nothing, without an error.
	Then []E
	// ThenError is the error that the decision must return, matched with errors.Is; nil = none.
	ThenError error
}

// Run runs a table, each case as a parallel subtest. If errors are given, each must be expected by at least one case,
// so that no rule stays untested.
func (k Kit[S, E]) Run(t *testing.T, cases []Case[S, E], provoked ...error) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			k.check(t, c)
		})
	}
	for _, err := range unprovoked(cases, provoked) {
		t.Errorf("no case expects the error %q", err)
	}
}

func (k Kit[S, E]) check(t T, c Case[S, E]) {
	t.Helper()
	outcome := k.Given(c.Given...).When(c.When)
	if c.ThenError != nil {
		outcome.ThenError(t, c.ThenError)
		return
	}
	outcome.Then(t, c.Then...)
}

// unprovoked returns the errors that no case expects.
func unprovoked[S, E any](cases []Case[S, E], errs []error) []error {
	var missing []error
	for _, err := range errs {
		found := false
		for _, c := range cases {
			found = found || errors.Is(c.ThenError, err)
		}
		if !found {
			missing = append(missing, err)
		}
	}
	return missing
}

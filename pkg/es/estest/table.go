package estest

import (
	"errors"
	"testing"
)

// Case is one line of a test table: what has happened, a command, and what then happens or why it is refused.
type Case[S, E any] struct {
	Name  string
	Given []E
	When  func(S) ([]E, error)
	// Then is what happens; none = nothing, without an error.
	Then []E
	// ThenError is the error, as errors.Is has it; nil = none.
	ThenError error
}

// Run runs a table, each case as a parallel subtest. It fails the test too where no case wants one of the errors given: a
// rule without a test.
func (k Kit[S, E]) Run(t *testing.T, cases []Case[S, E], provoked ...error) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			k.check(t, c)
		})
	}
	for _, err := range unprovoked(cases, provoked) {
		t.Errorf("no case provokes %q", err)
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

// unprovoked returns the errors that no case wants.
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

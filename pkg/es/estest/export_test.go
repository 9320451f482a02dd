package estest

// Check runs a case on a recorder, which Run does not accept.
func (k Kit[S, E]) Check(t T, c Case[S, E]) { k.check(t, c) }

// Unprovoked returns the errors that no case expects.
func Unprovoked[S, E any](cases []Case[S, E], errs ...error) []error { return unprovoked(cases, errs) }

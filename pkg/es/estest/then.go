package estest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// Outcome is the result of a decision. Each Then method reports at most one failure, and returns the outcome so that
// calls can be chained.
type Outcome[S, E any] struct {
	history History[S, E]
	events  []E
	err     error
	fault   error // a rule for all decisions that this one broke
}

// Then fails the test unless the decision returned exactly these events; none = it returned nothing, without an error.
func (o Outcome[S, E]) Then(t T, want ...E) Outcome[S, E] {
	t.Helper()
	switch {
	case o.fault != nil:
		t.Errorf("%v", o.fault)
	case o.err != nil:
		t.Errorf("the decision failed: %v\nwant:\n%s", o.err, list(want))
	case len(want) == 0 && len(o.events) == 0: // treat nil and empty alike
	default:
		if d := diff(want, o.events); d != "" {
			t.Errorf("unexpected events (-want +got):\n%s", d)
		}
	}
	return o
}

// ThenState fails the test unless the aggregate's state after the new events equals want.
func (o Outcome[S, E]) ThenState(t T, want S) Outcome[S, E] {
	t.Helper()
	switch {
	case o.fault != nil:
		t.Errorf("%v", o.fault)
	case o.err != nil:
		t.Errorf("the decision failed: %v", o.err)
	default:
		after := History[S, E]{o.history.aggregate, slices.Concat(o.history.events, o.events)}
		if d := diff(want, after.State()); d != "" {
			t.Errorf("unexpected state (-want +got):\n%s", d)
		}
	}
	return o
}

// ThenError fails the test unless the decision fails with an error that matches want, as errors.Is defines it.
func (o Outcome[S, E]) ThenError(t T, want error) Outcome[S, E] {
	t.Helper()
	return o.thenError(t, fmt.Sprintf("%q", want), func(err error) bool { return errors.Is(err, want) })
}

// ThenErrorAs fails the test unless the decision fails with an error that errors.As can assign to target, which it
// does.
func (o Outcome[S, E]) ThenErrorAs(t T, target any) Outcome[S, E] {
	t.Helper()
	want := "an error that fits "
	if typ := reflect.TypeOf(target); typ != nil && typ.Kind() == reflect.Pointer {
		want += typ.Elem().String()
	}
	return o.thenError(t, want, func(err error) bool { return errors.As(err, target) })
}

// ThenErrorMatch fails the test unless the decision fails with an error that match accepts.
func (o Outcome[S, E]) ThenErrorMatch(t T, match func(error) bool) Outcome[S, E] {
	t.Helper()
	return o.thenError(t, "an error that the test's own function accepts", match)
}

func (o Outcome[S, E]) thenError(t T, want string, match func(error) bool) Outcome[S, E] {
	t.Helper()
	switch {
	case o.fault != nil:
		t.Errorf("%v", o.fault)
	case o.err == nil:
		t.Errorf("no error, want %s\ngot:\n%s", want, list(o.events))
	case !match(o.err):
		t.Errorf("unexpected error\nwant: %s\ngot:  %q (%T)", want, o.err, o.err)
	}
	return o
}

// diff compares with a type's own Equal method if it has one, else field by field, including unexported fields.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }))
}

// list returns the events as text, one per line.
func list[E any](events []E) string {
	if len(events) == 0 {
		return "  no events"
	}
	lines := make([]string, len(events))
	for i, event := range events {
		lines[i] = fmt.Sprintf("  %T%+v", event, event)
	}
	return strings.Join(lines, "\n")
}

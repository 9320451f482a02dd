package estest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// Outcome is what a decision came to. Each Then reports at most one failure, and returns the outcome for the next.
type Outcome[S, E any] struct {
	history History[S, E]
	events  []E
	err     error
	fault   error // what no decision may do
}

// Then fails the test unless exactly these events happen; none = nothing happens, without an error.
func (o Outcome[S, E]) Then(t T, want ...E) Outcome[S, E] {
	t.Helper()
	switch {
	case o.fault != nil:
		t.Errorf("%v", o.fault)
	case o.err != nil:
		t.Errorf("the decision failed: %v\nwant:\n%s", o.err, list(want))
	case len(want) == 0 && len(o.events) == 0: // nil and empty are the same here
	default:
		if d := diff(want, o.events); d != "" {
			t.Errorf("other events (-want +got):\n%s", d)
		}
	}
	return o
}

// ThenState fails the test unless the aggregate's state is this one after what happened.
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
			t.Errorf("another state (-want +got):\n%s", d)
		}
	}
	return o
}

// ThenError fails the test unless the decision fails with an error that is want, as errors.Is has it.
func (o Outcome[S, E]) ThenError(t T, want error) Outcome[S, E] {
	t.Helper()
	return o.thenError(t, fmt.Sprintf("%q", want), func(err error) bool { return errors.Is(err, want) })
}

// ThenErrorAs fails the test unless the decision fails with an error that fits target, a pointer as errors.As takes it. It
// sets target.
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
		t.Errorf("another error\nwant: %s\ngot:  %q (%T)", want, o.err, o.err)
	}
	return o
}

// diff compares with the types' own Equal methods where they have one, else field by field, unexported ones too.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }))
}

// list writes events one a line.
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

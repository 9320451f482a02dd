package estest_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

func TestThen(t *testing.T) {
	t.Parallel()
	open := doors.Given(opened{By: "Ada"})
	shut := doors.Given()
	full := doors.Given(opened{}, passed{Who: "Ada"}, passed{Who: "Bob"})
	events := func(e ...doorEvent) func(door) ([]doorEvent, error) {
		return func(door) ([]doorEvent, error) { return e, nil }
	}
	tests := []struct {
		name string
		run  func(t estest.T)
		says []string // none = passes
	}{
		{"the events", func(t estest.T) { open.When(pass("Bob")).Then(t, passed{Who: "Bob"}) }, nil},
		{"nothing, as nil", func(t estest.T) { open.When(door.leaveAsItIs).Then(t) }, nil},
		{"nothing, as empty", func(t estest.T) { open.When(events([]doorEvent{}...)).Then(t) }, nil},
		{"the state", func(t estest.T) { open.When(pass("Bob")).ThenState(t, door{open: true, Who: []string{"Bob"}}) }, nil},
		{"the error", func(t estest.T) { shut.When(pass("Bob")).ThenError(t, errShut) }, nil},
		{"the type of error", func(t estest.T) { full.When(pass("Cy")).ThenErrorAs(t, new(*tooManyError)) }, nil},
		{"an error that fits", func(t estest.T) {
			shut.When(pass("Bob")).ThenErrorMatch(t, func(err error) bool { return err.Error() == "Bob: the door is shut" })
		}, nil},
		{"both events and state", func(t estest.T) {
			open.When(pass("Bob")).Then(t, passed{Who: "Bob"}).ThenState(t, door{open: true, Who: []string{"Bob"}})
		}, nil},

		{"another event", func(t estest.T) { open.When(pass("Bob")).Then(t, passed{Who: "Cy"}) },
			[]string{"unexpected events", `"Bob"`, `"Cy"`}},
		{"an event too few", func(t estest.T) { open.When(door.leaveAsItIs).Then(t, passed{Who: "Bob"}) },
			[]string{"unexpected events", `"Bob"`}},
		{"an event too many", func(t estest.T) { open.When(pass("Bob")).Then(t) }, []string{"unexpected events", `"Bob"`}},
		{"an error for events", func(t estest.T) { shut.When(pass("Bob")).Then(t, passed{Who: "Bob"}) },
			[]string{"the decision failed: Bob: the door is shut", "passed{Who:Bob"}},
		{
			"an error for nothing", func(t estest.T) { shut.When(pass("Bob")).Then(t) },
			[]string{"the decision failed", "no events"},
		},
		{"another state", func(t estest.T) { open.When(pass("Bob")).ThenState(t, door{open: true, Who: []string{"Cy"}}) },
			[]string{"unexpected state", `"Bob"`, `"Cy"`}},
		{"another unexported field", func(t estest.T) { open.When(pass("Bob")).ThenState(t, door{Who: []string{"Bob"}}) },
			[]string{"unexpected state", "open"}},
		{
			"an error for a state", func(t estest.T) { shut.When(pass("Bob")).ThenState(t, door{}) },
			[]string{"the decision failed"},
		},
		{"events for an error", func(t estest.T) { open.When(pass("Bob")).ThenError(t, errShut) },
			[]string{`no error, want "the door is shut"`, "passed{Who:Bob"}},
		{"another error", func(t estest.T) { full.When(pass("Cy")).ThenError(t, errShut) },
			[]string{"unexpected error", `want: "the door is shut"`, `"Cy: 2 have passed already"`}},
		{"another type of error", func(t estest.T) { shut.When(pass("Bob")).ThenErrorAs(t, new(*tooManyError)) },
			[]string{"unexpected error", "want: an error that fits *estest_test.tooManyError"}},
		{"an error that does not fit", func(t estest.T) {
			shut.When(pass("Bob")).ThenErrorMatch(t, func(error) bool { return false })
		},
			[]string{"unexpected error", "the door is shut"}},

		{"a given event that is not registered", func(t estest.T) {
			doors.Given(opened{}, painted{}).When(pass("Bob")).Then(t, passed{Who: "Bob"})
		}, []string{"given event 2", "painted", "not registered"}},
		{"a new event that is not registered", func(t estest.T) { open.When(events(painted{})).Then(t, painted{}) },
			[]string{"new event 1", "painted", "not registered"}},
		{"a new event that its JSON loses a field of", func(t estest.T) {
			open.When(events(passed{Who: "Bob"}, passed{Who: "Cy", Lost: 7})).Then(t, passed{Who: "Bob"}, passed{
				Who: "Cy", Lost: 7,
			})
		}, []string{"new event 2", "DoorPassed is not read back unchanged from its stored form", `{"who":"Cy"}`, "Lost"}},
		{"more events than a commit takes", func(t estest.T) {
			many := make([]doorEvent, es.MaxEvents+1)
			for i := range many {
				many[i] = opened{}
			}
			open.When(events(many...)).Then(t, many...)
		}, []string{"101 events, the limit of one commit is 100"}},
		{"events beside an error", func(t estest.T) {
			open.When(func(door) ([]doorEvent, error) { return []doorEvent{opened{}}, errShut }).ThenError(t, errShut)
		}, []string{"both an error and events", "the door is shut"}},
		{"a decision that changes the state", func(t estest.T) {
			full.When(func(d door) ([]doorEvent, error) { d.Who[0] = "Eve"; return nil, nil }).Then(t)
		}, []string{"changed the state", `"Ada"`, `"Eve"`}},
		{"a fault shows whatever is asked", func(t estest.T) {
			doors.Given(painted{}).When(pass("Bob")).ThenErrorMatch(t, func(error) bool { return true })
		}, []string{"not registered"}},
		{"a fault shows for a state", func(t estest.T) { open.When(events(painted{})).ThenState(t, door{open: true}) },
			[]string{"not registered"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r recorder
			tt.run(&r)
			r.wants(t, tt.says...)
		})
	}
}

func TestThenErrorAsSetsItsTarget(t *testing.T) {
	t.Parallel()
	var tooMany *tooManyError
	doors.Given(opened{}, passed{}, passed{}).When(pass("Cy")).ThenErrorAs(t, &tooMany)
	if tooMany == nil || tooMany.Already != 2 {
		t.Errorf("error of the decision: %+v, want Already 2", tooMany)
	}
}

func TestAHistoryIsNotChangedByItsUse(t *testing.T) {
	t.Parallel()
	// A slice with spare capacity: Then must not append into it.
	room := append(make([]doorEvent, 0, 8), opened{})
	history := doors.Given(room...)
	history.When(pass("Bob")).ThenState(t, door{open: true, Who: []string{"Bob"}})
	if extended := room[:2]; extended[1] != nil {
		t.Errorf("the caller's slice now holds %v", extended)
	}
	history.When(pass("Cy")).ThenState(t, door{open: true, Who: []string{"Cy"}})
	if history.State().Who != nil {
		t.Errorf("the history's state is %+v", history.State())
	}
	if !history.State().open {
		t.Error("the door should be open")
	}
}

package estest

import (
	"encoding/json"
	"fmt"
)

// SurvivesSnapshots fails the test unless, after each event of the history, the state comes back from JSON as it was, and
// the rest of the events folded onto what came back lead to the same end: what an aggregate with snapshots must keep to.
func (h History[S, E]) SurvivesSnapshots(t T) {
	t.Helper()
	for n := range len(h.events) + 1 {
		if err := h.survivesSnapshot(n); err != nil {
			t.Errorf("a snapshot after %d events: %v", n, err)
			return
		}
	}
}

func (h History[S, E]) survivesSnapshot(n int) error {
	before := History[S, E]{h.aggregate, h.events[:n]}.State()
	snapshot, err := json.Marshal(before)
	if err != nil {
		return err
	}
	var state S
	if err := json.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	if d := diff(before, state); d != "" {
		return fmt.Errorf("the state does not come back from %s (-before +after):\n%s", snapshot, d)
	}
	for _, event := range h.events[n:] {
		h.aggregate.Evolve(&state, event)
	}
	if d := diff(h.State(), state); d != "" {
		return fmt.Errorf("the other events lead elsewhere from %s (-before +after):\n%s", snapshot, d)
	}
	return nil
}

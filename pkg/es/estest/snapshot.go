package estest

import (
	"encoding/json"
	"fmt"
)

// SurvivesSnapshots tests that an aggregate works with snapshots. It fails the test unless, after each event of the
// history, the state is read back unchanged from JSON, and folding the remaining events onto it leads to the same final
// state.
func (h History[S, E]) SurvivesSnapshots(t T) {
	t.Helper()
	for n := range len(h.events) + 1 {
		if err := h.survivesSnapshot(n); err != nil {
			t.Errorf("snapshot after %d events: %v", n, err)
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
		return fmt.Errorf("the state is not read back unchanged from %s (-before +after):\n%s", snapshot, d)
	}
	for _, event := range h.events[n:] {
		h.aggregate.Evolve(&state, event)
	}
	if d := diff(h.State(), state); d != "" {
		return fmt.Errorf("the remaining events lead to another state from %s (-before +after):\n%s", snapshot, d)
	}
	return nil
}

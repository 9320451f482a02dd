package estest_test

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

func TestSurvivesSnapshots(t *testing.T) {
	t.Parallel()
	t.Run("a state that does", func(t *testing.T) {
		t.Parallel()
		tally(func(s *tallied, _ doorEvent) { s.N++ }).Given(opened{}, opened{}).SurvivesSnapshots(t)
	})
	t.Run("an unexported field", func(t *testing.T) {
		t.Parallel()
		var r recorder
		doors.Given(passed{}, opened{}, passed{}).SurvivesSnapshots(&r)
		r.wants(t, "snapshot after 2 events", "is not read back unchanged", "open")
	})
	t.Run("a field that JSON can't hold", func(t *testing.T) {
		t.Parallel()
		var r recorder
		tally(func(s *tallied, _ doorEvent) { s.Chan = unstorable }).Given(opened{}).SurvivesSnapshots(&r)
		r.wants(t, "snapshot after 1 events", "unsupported type")
	})
	t.Run("JSON that does not fit the type", func(t *testing.T) {
		t.Parallel()
		var r recorder
		tally(func(s *tallied, _ doorEvent) { s.Raw = json.RawMessage(`7`) }).Given(opened{}).SurvivesSnapshots(&r)
		r.wants(t, "snapshot after 1 events", "cannot unmarshal number")
	})
	t.Run("a fold that looks beyond its state", func(t *testing.T) {
		t.Parallel()
		var r recorder
		folds := 0
		tally(func(s *tallied, _ doorEvent) { folds++; s.N = folds % 2 }).Given(opened{}).SurvivesSnapshots(&r)
		r.wants(t, "lead to another state")
	})
}

// tallied is a state that a snapshot can break.
type tallied struct {
	N    int
	Chan any
	Raw  any
}

var unstorable = make(chan int)

// UnmarshalJSON decodes Raw from a string.
func (s *tallied) UnmarshalJSON(data []byte) error {
	var in struct {
		N   int
		Raw string
	}
	err := json.Unmarshal(data, &in)
	s.N = in.N
	return err
}

func tally(evolve func(*tallied, doorEvent)) estest.Kit[tallied, doorEvent] {
	return estest.For(es.Aggregate[tallied, doorEvent]{StreamType: "Tally", Events: doorEvents, Evolve: evolve})
}

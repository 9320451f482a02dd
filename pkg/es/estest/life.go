package estest

import (
	"encoding/json"

	"github.com/annals-es/annals/pkg/es"
)

// compare folds a life of the file, and stops at the first state that differs.
func (s *states[S, E]) compare(name string) {
	var state S
	for i, m := range s.kept[name] {
		if err := s.evolve(&state, m); err != nil {
			s.fail("%s, %q, event %d: %w", s.path, name, i+1, err)
			return
		}
		now, err := json.Marshal(state)
		if err != nil {
			s.fail("%q after event %d: %w", name, i+1, err)
			return
		}
		if d := diff(plain(m.State), plain(now)); d != "" {
			s.fail("%q: the state after event %d (%s) differs from the file of schema %d. Stored snapshots hold the old state: "+
				"raise Schema to %d, then write its file with -update (-%s +now):\n%s",
				name, i+1, m.Type, s.Schema, s.Schema+1, s.path, d)
			return
		}
	}
}

func (s *states[S, E]) evolve(state *S, m moment) error {
	events, err := decode(s.aggregate, es.RawEvent{Type: m.Type, Schema: m.Schema, Data: m.Data})
	for _, event := range events {
		s.aggregate.Evolve(state, event)
	}
	return err
}

// add adds a life to the file if it is not there yet.
func (s *states[S, E]) add(name string, events []E) {
	if kept, there := s.kept[name]; there {
		if !s.same(kept, events) {
			s.fail("%q has different events in %s: give the changed life a new name", name, s.path)
		}
		return
	}
	if !s.Update {
		s.fail("%q is not in %s: add it with -update", name, s.path)
		return
	}
	life, err := s.live(events)
	if err != nil {
		s.fail("%q: %w", name, err)
		return
	}
	s.kept[name], s.added = life, true
}

// same reports whether the events of a life equal those of the file, decoded with upcasters.
func (s *states[S, E]) same(kept []moment, events []E) bool {
	var was []E
	for _, m := range kept {
		some, err := decode(s.aggregate, es.RawEvent{Type: m.Type, Schema: m.Schema, Data: m.Data})
		if err != nil {
			return true // compare has reported this error
		}
		was = append(was, some...)
	}
	return diff(was, events) == ""
}

func (s *states[S, E]) live(events []E) ([]moment, error) {
	var life []moment
	var state S
	for _, event := range events {
		raw, err := encode(s.aggregate, event)
		if err != nil {
			return nil, err
		}
		m := moment{Type: raw.Type, Schema: raw.Schema, Data: raw.Data}
		if err := s.evolve(&state, m); err != nil {
			return nil, err
		}
		if m.State, err = json.Marshal(state); err != nil {
			return nil, err
		}
		life = append(life, m)
	}
	return life, nil
}

// plain decodes JSON, so that white space and the order of members do not count.
func plain(text json.RawMessage) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		return string(text)
	}
	return v
}

package scheduler

import "reflect"

// create makes a schedule. A request with the token of the one that made the schedule succeeds again.
func (s *Scheduler) create(name, token string, d Definition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock()
	r := &record{Name: name, Definition: d, Created: now, Modified: now, Token: token}
	if old := s.all[r.key()]; old != nil {
		if token != "" && token == old.Token && reflect.DeepEqual(d, old.Definition) {
			return nil
		}
		return conflict("Schedule %s already exists.", name)
	}
	return s.put(r)
}

// update replaces a schedule's definition. One that has completed runs again.
func (s *Scheduler) update(name string, d Definition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &record{Name: name, Definition: d, Modified: clock()}
	old := s.all[r.key()]
	if old == nil {
		return missing("Schedule %s does not exist.", name)
	}
	r.Created, r.Token, r.DeclaredAs = old.Created, old.Token, old.DeclaredAs
	return s.put(r)
}

// put keeps a schedule that was checked.
func (s *Scheduler) put(r *record) error {
	if err := r.parse(); err != nil {
		return err
	}
	if err := s.write(entry{Put: r}); err != nil {
		return err
	}
	delete(s.idle, r.key())
	delete(s.failing, r.key())
	s.apply(entry{Put: r})
	select {
	case s.changed <- struct{}{}:
	default: // the next look is due already
	}
	return nil
}

// remove deletes a schedule.
func (s *Scheduler) remove(group, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := entry{Deleted: group + "/" + name}
	if s.all[e.Deleted] == nil {
		return missing("Schedule %s does not exist.", name)
	}
	if err := s.write(e); err != nil {
		return err
	}
	s.apply(e)
	return nil
}

// get returns a schedule.
func (s *Scheduler) get(group, name string) (*record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.all[group+"/"+name]; r != nil {
		return r, nil
	}
	return nil, missing("Schedule %s does not exist.", name)
}

// write writes a change to the file. It makes the file shorter first, if that is worth it.
func (s *Scheduler) write(e entry) error {
	if s.journal.Long(len(s.all)) {
		if err := s.journal.Rewrite(s.entries()); err != nil {
			return err
		}
	}
	return s.journal.Write(e)
}

// apply makes a change in memory.
func (s *Scheduler) apply(e entry) {
	if e.Put != nil {
		s.all[e.Put.key()] = e.Put
		return
	}
	delete(s.all, e.Deleted)
	delete(s.failing, e.Deleted)
	delete(s.idle, e.Deleted)
}

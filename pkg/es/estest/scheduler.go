package estest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es/reaction"
)

// Scheduler is a [reaction.Scheduler] in memory, for tests. Its deadlines become due when the test asks with a later
// time. The zero Scheduler is ready. It is safe for concurrent use.
type Scheduler struct {
	mu   sync.Mutex
	open map[string]reaction.Deadline
	err  error
	on   func(reaction.Deadline)
}

// OnSet calls a function in each Set, for deadlines that are due before Set returns. nil calls none.
func (s *Scheduler) OnSet(on func(reaction.Deadline)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

// Fail makes Set and Cancel return an error until Fail(nil).
func (s *Scheduler) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Set implements [reaction.Scheduler].
func (s *Scheduler) Set(_ context.Context, d reaction.Deadline) error {
	on, err := s.set(d)
	if err == nil && on != nil {
		on(d)
	}
	return err
}

func (s *Scheduler) set(d reaction.Deadline) (func(reaction.Deadline), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	if s.open == nil {
		s.open = map[string]reaction.Deadline{}
	}
	s.open[d.ID()] = d
	return s.on, nil
}

// Cancel implements [reaction.Scheduler].
func (s *Scheduler) Cancel(_ context.Context, d reaction.Deadline) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	delete(s.open, d.ID())
	return nil
}

// Open returns the deadlines that were asked for, the earliest first.
func (s *Scheduler) Open() []reaction.Deadline {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]reaction.Deadline, 0, len(s.open))
	for _, d := range s.open {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b reaction.Deadline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.String(), b.String()), cmp.Compare(a.Version, b.Version))
	})
	return all
}

// Due removes the deadlines that are due at a time, and returns them, the earliest first.
func (s *Scheduler) Due(now time.Time) []reaction.Deadline {
	all := s.Open()
	s.mu.Lock()
	defer s.mu.Unlock()
	due := slices.DeleteFunc(all, func(d reaction.Deadline) bool { return d.At.After(now) })
	for _, d := range due {
		delete(s.open, d.ID())
	}
	return due
}

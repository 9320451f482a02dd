package annalstest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Deliver delivers what was appended to read models, reactions and the bus, and executes the commands of deadlines that
// are due. Only a service with Hold needs it.
func (s *Service) Deliver(t testing.TB) {
	t.Helper()
	s.turn.Lock()
	defer s.turn.Unlock()
	ctx := context.WithValue(t.Context(), delivering{}, true)
	for s.deliver(ctx, t) || s.fire(ctx, t) {
	}
	s.reportParked(ctx, t)
}

// deliver delivers what was appended since, and reports whether there was anything.
func (s *Service) deliver(ctx context.Context, t testing.TB) bool {
	t.Helper()
	s.mu.Lock()
	commits := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	if len(commits) == 0 {
		return false
	}
	if s.hostile != nil {
		commits = s.hostile.commits(commits, s.keep)
	}
	for _, engine := range s.engines {
		for stream, err := range engine.Apply(ctx, commits) {
			if s.hostile != nil && errors.Is(err, errNotStored) {
				s.keep(commitsOf(stream, commits)...)
				continue
			}
			t.Errorf("%s can't be projected: %v", stream, err)
		}
	}
	return true
}

// keep keeps commits for the next delivery.
func (s *Service) keep(commits ...es.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, commits...)
}

func commitsOf(stream es.StreamID, all []es.Commit) []es.Commit {
	return slices.DeleteFunc(slices.Clone(all), func(c es.Commit) bool { return c.Stream != stream })
}

// reportParked fails the test for each stream that was parked.
func (s *Service) reportParked(ctx context.Context, t testing.TB) {
	t.Helper()
	for _, engine := range s.engines {
		for w, err := range engine.Parked(ctx) {
			if err != nil {
				t.Errorf("parked streams: %v", err)
			} else if why := w.Projection + " parked " + w.Stream.String() + ": " + w.Error; !s.parked[why] {
				s.parked[why] = true
				t.Errorf("%s", why)
			}
		}
	}
}

// fire executes the commands of deadlines that are due, and reports whether there were any.
func (s *Service) fire(ctx context.Context, t testing.TB) bool {
	t.Helper()
	due := slices.Concat(s.again, s.scheduler.Due(s.clock.now()))
	s.again = nil
	all := due
	if s.hostile != nil {
		all = s.hostile.deadlines(due, s.scheduler.Open())
	}
	for _, d := range all {
		fired, err := s.timers[d.Timer].Fire(ctx, s.engines[reactions], d)
		switch {
		case err != nil:
			t.Errorf("fire %s: %v", d, err)
		case fired.Outcome == reaction.CommandFailed:
			t.Errorf("the command of %s failed: see the log", d)
		case fired.Outcome == reaction.Delayed && s.hostile != nil:
			s.again = append(s.again, d)
		case fired.Outcome == reaction.Delayed:
			t.Errorf("the command of %s could not be executed: see the log", d)
		}
	}
	return len(due) > 0
}

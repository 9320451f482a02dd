package annalstest

import (
	"context"
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
	if s.random != nil {
		commits = s.hostile(commits)
	}
	for _, engine := range s.engines {
		for stream, err := range engine.Apply(ctx, commits) {
			t.Errorf("%s can't be projected: %v", stream, err)
		}
	}
	return true
}

// hostile adds commits that were delivered before, some of them twice, and shuffles all.
func (s *Service) hostile(commits []es.Commit) []es.Commit {
	s.old = append(s.old, commits...)
	all := slices.Clone(commits)
	for range 1 + s.random.IntN(5) {
		all = append(all, s.old[s.random.IntN(len(s.old))])
	}
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
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
	due := s.scheduler.Due(s.clock.now())
	all := due
	if s.random != nil {
		if all = slices.Clone(due); len(s.fired) > 0 {
			all = append(all, s.fired[s.random.IntN(len(s.fired))])
		}
		s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		s.fired = append(s.fired, s.scheduler.Open()...)
		s.fired = append(s.fired, due...)
	}
	for _, d := range all {
		fired, err := s.timers[d.Timer].Fire(ctx, s.engines[reactions], d)
		switch {
		case err != nil:
			t.Errorf("fire %s: %v", d, err)
		case fired.Outcome == reaction.CommandFailed:
			t.Errorf("the command of %s failed: see the log", d)
		case fired.Again > 0 && fired.Outcome != reaction.Early:
			t.Errorf("the command of %s could not be executed: %s", d, fired.Outcome)
		}
	}
	return len(due) > 0
}

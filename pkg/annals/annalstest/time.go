package annalstest

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/reaction"
)

// clock is the service's clock: the real time, moved forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// reactions is the place of the engine of reactions and timers among a service's engines.
const reactions = 1

// Now is the time of the service: the real time, moved by Advance.
func (s *Service) Now() time.Time { return s.clock.now() }

// Advance moves the service's clock forward, and executes the commands of deadlines that are due then: the earliest
// first, but all at the new time.
func (s *Service) Advance(t testing.TB, by time.Duration) {
	t.Helper()
	s.clock.ahead.Add(int64(by))
	s.Deliver(t)
}

// Deadlines are the open deadlines of all timers, the earliest first.
func (s *Service) Deadlines(t testing.TB) []reaction.OpenDeadline {
	t.Helper()
	var all []reaction.OpenDeadline
	for name := range s.timers {
		for d, err := range reaction.OpenDeadlines(t.Context(), s.engines[reactions], name, time.Time{}) {
			if err != nil {
				t.Fatalf("deadlines of %s: %v", name, err)
			}
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b reaction.OpenDeadline) int { return a.At.Compare(b.At) })
	return all
}

package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/annals-es/annals/test/internal/servicetest"
)

// usage is what the processes of one name have.
type usage struct {
	processes int
	largest   int64 // bytes, of one of them
	all       int64 // bytes, of them all
}

// sample is what all processes have at a moment.
type sample struct {
	at time.Duration
	of map[string]usage
}

// memory samples the memory of a service's processes once a second.
type memory struct {
	service *servicetest.Service
	began   time.Time

	mu      sync.Mutex
	samples []sample
}

func newMemory(s *servicetest.Service) *memory { return &memory{service: s, began: time.Now()} }

func (m *memory) watch(ctx context.Context) {
	for ctx.Err() == nil {
		m.take()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (m *memory) take() {
	s := sample{at: time.Since(m.began), of: map[string]usage{}}
	for _, p := range m.service.Processes() {
		name := strings.TrimPrefix(p.Name, "Shop-")
		u := s.of[name]
		s.of[name] = usage{processes: u.processes + 1, largest: max(u.largest, p.Resident), all: u.all + p.Resident}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples = append(m.samples, s)
}

// peak is the most that the processes had since a moment.
func (m *memory) peak(since time.Duration) map[string]usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	peak := map[string]usage{}
	for _, s := range m.samples {
		if s.at < since {
			continue
		}
		for name, u := range s.of {
			p := peak[name]
			peak[name] = usage{max(p.processes, u.processes), max(p.largest, u.largest), max(p.all, u.all)}
		}
	}
	return peak
}

// median of what the largest process of a name had between two moments; 0: there was none.
func (m *memory) median(name string, from, to time.Duration) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []int64
	for _, s := range m.samples {
		if u, there := s.of[name]; there && s.at >= from && s.at < to {
			all = append(all, u.largest)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.SortFunc(all, cmp.Compare[int64])
	return all[len(all)/2]
}

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

// usage is the resident memory of the processes of one name.
type usage struct {
	processes int
	largest   int64 // bytes of the largest process
	all       int64 // bytes of all processes
}

// sample is the memory of all processes at one time.
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

// peak returns the peak memory of the processes since a time, by name.
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

// median returns the median memory of the largest process of a name between two times, 0 if there was no such process.
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

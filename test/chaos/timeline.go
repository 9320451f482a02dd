package main

import (
	"sync"
	"time"
)

// timeline records the times of events, by kind.
type timeline struct {
	start time.Time

	mu sync.Mutex
	at map[string][]time.Duration
}

func newTimeline() *timeline { return &timeline{start: time.Now(), at: map[string][]time.Duration{}} }

// now returns the time since the run began.
func (t *timeline) now() time.Duration { return time.Since(t.start) }

func (t *timeline) add(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at[kind] = append(t.at[kind], t.now())
}

// counts returns the number of events by kind.
func (t *timeline) counts() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make(map[string]int, len(t.at))
	for kind, at := range t.at {
		counts[kind] = len(at)
	}
	return counts
}

// perSecond returns the number of events in each second, of the kinds that wanted selects.
func (t *timeline) perSecond(wanted func(kind string) bool) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	bins := make([]int, int(t.now()/time.Second)+1)
	for kind, times := range t.at {
		if !wanted(kind) {
			continue
		}
		for _, at := range times {
			bins[min(int(at/time.Second), len(bins)-1)]++
		}
	}
	return bins
}

// restart drops all events and restarts the clock: the preparation is over.
func (t *timeline) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start, t.at = time.Now(), map[string][]time.Duration{}
}

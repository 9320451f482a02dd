package estest

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is a clock that shows a fixed time until it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the given time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now returns the time that the clock shows. Pass it as a store's clock: memstore.Config{Now: clock.Now}.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d; a negative d moves it back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// IDs returns a function that generates the same ids in every run: prefix-1, prefix-2, … It is safe for concurrent use.
func IDs(prefix string) func() string {
	var last atomic.Int64
	return func() string { return prefix + "-" + strconv.FormatInt(last.Add(1), 10) }
}

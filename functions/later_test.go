package functions_test

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// later keeps the messages that the reactor wants to get later.
type later struct {
	mu        sync.Mutex
	sent      []string
	scheduled map[string]time.Time
}

func (l *later) Send(_ context.Context, delay time.Duration, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, fmt.Sprint(delay, " ", body))
	return nil
}

func (l *later) Schedule(_ context.Context, id string, at time.Time, _ string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scheduled == nil {
		l.scheduled = map[string]time.Time{}
	}
	l.scheduled[id] = at
	return nil
}

func (l *later) Unschedule(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.scheduled, id)
	return nil
}

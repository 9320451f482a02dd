package functions_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// later keeps the messages that the reactor wants to get later.
type later struct {
	mu        sync.Mutex
	sent      []string
	scheduled map[string]time.Time
	made      int   // schedules
	err       error // of each call
}

func (l *later) Send(_ context.Context, delay time.Duration, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, fmt.Sprint(delay, " ", body))
	return l.err
}

func (l *later) Schedule(_ context.Context, id string, at time.Time, _ string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scheduled == nil {
		l.scheduled = map[string]time.Time{}
	}
	if l.err == nil {
		l.scheduled[id] = at
		l.made++
	}
	return l.err
}

func (l *later) Unschedule(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.scheduled, id)
	return nil
}

// TestSchedulerOutOfOrder: a scheduler that can't be asked holds up neither public events, nor stock, nor the count of
// tampered commits; and when it is mended, the deadlines are asked for.
func TestSchedulerOutOfOrder(t *testing.T) {
	t.Parallel()
	s, take := measuredService(t)
	b, jobs := s.withBus(t)
	s.projector = s.reactor(t)
	s.later.err = annals.ErrUnavailable
	s.sell(t)
	changed := s.records(t)[0]
	changed["eventName"] = "MODIFY"
	take()
	if failed := s.deliver(t, append(s.records(t), changed)...); len(failed) > 0 {
		t.Errorf("items that failed: %v, want none; log: %s", failed, s.log)
	}
	b.wantSold(t)
	if counted := take()[""]["TamperedCommits"]; counted != 1 {
		t.Errorf("metric TamperedCommits: %v, want 1", counted)
	}
	if reserved := s.typesOf(t, es.StreamID{Type: "Product", ID: "p"}); !slices.Contains(reserved, "StockReserved") {
		t.Errorf("events of the product: %v, want its stock reserved", reserved)
	}
	s.later.err = nil
	batch := jobs.batch(t)
	if len(batch.Records) != 1 {
		t.Errorf("jobs: %v, want a retry of the order", batch)
	}
	if out, err := s.projector.HandleJobs(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
		t.Errorf("retry: %+v, %v; log: %s", out, err, s.log)
	}
	if s.later.made != 1 || len(s.later.scheduled) != 0 {
		t.Errorf("%d schedules were made, %d are left: want 1, and none since the order is paid", s.later.made, len(s.later.scheduled))
	}
}

// typesOf are the types of a stream's events.
func (s *service) typesOf(t *testing.T, stream es.StreamID) []string {
	t.Helper()
	var all []string
	for c, err := range s.events(t).Read(t.Context(), stream, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Events {
			all = append(all, e.Type)
		}
	}
	return all
}

package scheduler

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// look is how often the clock is read while a schedule waits: one long timer would fire late after a laptop slept.
	look = time.Minute
	// firstRetry and lastRetry are the shortest and the longest time until a message that failed is sent again.
	firstRetry, lastRetry = time.Second, time.Minute
)

// failure is a message that could not be sent.
type failure struct {
	attempts int
	next     time.Time // when it is sent again
}

// run runs schedules when they are due, until the context ends.
func (s *Scheduler) run(ctx context.Context) {
	defer close(s.ended)
	for ctx.Err() == nil {
		s.wait(ctx, s.runDue(ctx))
	}
}

// wait waits until a time, unless it is zero, or a schedule was changed.
func (s *Scheduler) wait(ctx context.Context, until time.Time) {
	var passed <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(min(until.Sub(clock()), look))
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-passed:
	case <-s.changed:
	case <-ctx.Done():
	}
}

// dueRecord is a schedule with the latest time at which it was due.
type dueRecord struct {
	*record
	at time.Time
}

// runDue runs all schedules that are due, and returns when the next one is, or the zero time.
func (s *Scheduler) runDue(ctx context.Context) (next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock()
	var due []dueRecord
	for key, r := range s.all {
		if s.idle[key] {
			continue
		}
		at := r.planned(s.failing[key])
		switch {
		case at.IsZero():
		case !at.After(now):
			due = append(due, dueRecord{r, r.latest(now)})
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	slices.SortFunc(due, func(a, b dueRecord) int { return a.at.Compare(b.at) })
	for _, p := range due {
		s.runOne(ctx, p.record, p.at, now)
		if r := s.all[p.key()]; r != nil {
			if at := r.planned(s.failing[p.key()]); !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// planned is the time at which a schedule has to run: when it is due, or when its message is sent again.
func (r *record) planned(f failure) time.Time {
	due := r.due()
	if !due.IsZero() && f.next.After(due) {
		return f.next
	}
	return due
}

// runOne sends a schedule's message, and then notes that it ran. The order makes it at least once.
func (s *Scheduler) runOne(ctx context.Context, r *record, due, now time.Time) {
	key := r.key()
	f := s.failing[key]
	if err := s.send(ctx, r, due, f.attempts+1); err != nil {
		pause := min(firstRetry<<min(f.attempts, 10), lastRetry)
		s.failing[key] = failure{f.attempts + 1, now.Add(pause)}
		s.log.ErrorContext(ctx, "send a schedule's message", "schedule", key, "error", err, "again in", pause)
		return
	}
	delete(s.failing, key)
	after := r.ran(due)
	change := entry{Put: after}
	if after.Completed && after.ActionAfterCompletion == remove {
		change = entry{Deleted: key}
	}
	err := s.write(change)
	s.apply(change) // even if it is not written: the message was sent
	if err != nil {
		s.log.ErrorContext(ctx, "note that a schedule ran: it runs again after a restart", "schedule", key, "error", err)
	}
}

// send sends a schedule's message, with the context attributes in it replaced. See
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html.
func (s *Scheduler) send(ctx context.Context, r *record, due time.Time, attempt int) error {
	queue := s.config.Queues[r.Target.Arn]
	if queue == nil {
		return errors.New("its target " + r.Target.Arn + " is not a queue of the template")
	}
	message := strings.NewReplacer(
		"<aws.scheduler.scheduled-time>", due.UTC().Format(time.RFC3339),
		"<aws.scheduler.schedule-arn>", s.arn(r.key()),
		"<aws.scheduler.execution-id>", uuid.NewString(),
		"<aws.scheduler.attempt-number>", strconv.Itoa(attempt),
	).Replace(r.Target.Input)
	return queue.Send(ctx, []byte(message))
}

// Run sends the message of a schedule of the template, by its logical id, in addition to its own times. It returns
// false if there is no such schedule.
func (s *Scheduler) Run(ctx context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if r.DeclaredAs == id && id != "" {
			return true, s.send(ctx, r, clock(), 1)
		}
	}
	return false, nil
}

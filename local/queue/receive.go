package queue

import (
	"context"
	"slices"
	"time"
)

// Receive waits for messages and returns those that can be received, up to the first that does not fit. They are
// invisible to other consumers until the visibility timeout ends. It returns none if the context ended or the first
// message does not fit. Messages that were received too often go to the dead-letter queue instead.
func (q *Queue) Receive(ctx context.Context, fits func(Message) bool) ([]Message, error) {
	for ctx.Err() == nil {
		t, err := q.take(fits)
		for _, m := range t.exhausted {
			if err == nil {
				err = q.giveUp(ctx, m)
			}
		}
		if err != nil || len(t.found) > 0 || t.full {
			return t.found, err
		}
		t.wait(ctx)
	}
	return nil, nil
}

// taken is the result of one look at the queue.
type taken struct {
	found     []Message
	full      bool          // a message did not fit
	exhausted []Message     // removed from memory, but not yet from the file
	next      time.Time     // when the next message becomes visible; zero: there is none
	added     chan struct{} // closed when a message is added
}

func (q *Queue) take(fits func(Message) bool) (taken, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, t := time.Now(), taken{added: q.added}
	for _, m := range slices.Clone(q.messages) {
		switch {
		case now.Sub(m.Sent) > q.Retention:
			if err := q.journal.Write(entry{Deleted: m.ID}); err != nil {
				return t, err
			}
			q.forget(m.ID)
		case m.Visible.After(now):
			if t.next.IsZero() || m.Visible.Before(t.next) {
				t.next = m.Visible
			}
		case q.deadLetters != nil && m.Receives-m.Before >= q.MaxReceives:
			t.exhausted = append(t.exhausted, *m)
			q.forget(m.ID)
		case !fits(*m):
			t.full = true
			return t, nil
		default:
			if err := q.journal.Write(entry{Received: m.ID, At: now}); err != nil {
				return t, err
			}
			m.receive(now)
			m.Visible = now.Add(q.Visibility)
			t.found = append(t.found, *m)
		}
	}
	return t, nil
}

func (m *Message) receive(at time.Time) {
	m.Receives++
	if m.FirstReceived.IsZero() {
		m.FirstReceived = at
	}
}

// giveUp moves a message to the dead-letter queue. For a moment it is in both queues, so that a crash does not lose it.
func (q *Queue) giveUp(ctx context.Context, m Message) error {
	q.log.ErrorContext(ctx, "MESSAGE GIVEN UP", "message", m.ID, "received", m.Receives-m.Before,
		"deadLetters", q.deadLetters.Name)
	letter := m
	letter.Visible, letter.Before, letter.DeadLetterOf = time.Time{}, m.Receives, q.ARN
	if err := q.deadLetters.add(letter); err != nil {
		return err
	}
	return q.Delete(m)
}

// wait waits until there may be messages to receive.
func (t taken) wait(ctx context.Context) {
	var visible <-chan time.Time
	if !t.next.IsZero() {
		timer := time.NewTimer(time.Until(t.next))
		defer timer.Stop()
		visible = timer.C
	}
	select {
	case <-visible:
	case <-t.added:
	case <-ctx.Done():
	}
}

package queue

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/journal"
)

// Queue is a standard queue: it delivers each message at least once, roughly in order of arrival.
type Queue struct {
	Config
	log         *slog.Logger
	deadLetters *Queue // nil: none

	mu       sync.Mutex
	messages []*Message // in order of arrival
	journal  *journal.Journal[entry]
	added    chan struct{} // closed when a message is added
}

// Open opens the queue that is kept in a file, or creates it. The caller closes it.
//
// All messages in it can be received at once: the consumers of an earlier run have ended.
func Open(file string, c Config, log *slog.Logger) (*Queue, error) {
	messages, err := readMessages(file)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if m.Receives > m.Before {
			m.Visible = time.Time{}
		}
	}
	j, err := journal.Create(file, entries(messages))
	if err != nil {
		return nil, err
	}
	return &Queue{
		Config: c, log: log.With("queue", c.Name), messages: messages, journal: j, added: make(chan struct{}),
	}, nil
}

// Redrive sets the dead-letter queue, for messages that were received MaxReceives times. Call it before the queue is
// used.
func (q *Queue) Redrive(deadLetters *Queue) { q.deadLetters = deadLetters }

// Close closes its file.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.journal.Close()
}

// Put adds a message that can be received after a delay. Once it returns, the message survives a crash of this process.
func (q *Queue) Put(body string, delay time.Duration) (Message, error) {
	now := time.Now()
	m := Message{ID: uuid.NewString(), Body: body, Sent: now, Visible: now.Add(delay)}
	return m, q.add(m)
}

// Send adds a message. It makes the queue a destination for records that a mapping gives up.
func (q *Queue) Send(_ context.Context, message []byte) error {
	_, err := q.Put(string(message), q.Delay)
	return err
}

func (q *Queue) add(m Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.journal.Write(entry{Sent: &m}); err != nil {
		return err
	}
	q.forget(m.ID) // a dead letter may arrive twice
	q.messages = append(q.messages, &m)
	close(q.added)
	q.added = make(chan struct{})
	return nil
}

// Delete removes messages that are done.
func (q *Queue) Delete(messages ...Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		if err := q.journal.Write(entry{Deleted: m.ID}); err != nil {
			return err
		}
		q.forget(m.ID)
	}
	if q.journal.Long(len(q.messages)) {
		return q.journal.Rewrite(entries(q.messages))
	}
	return nil
}

func (q *Queue) forget(id string) {
	q.messages = slices.DeleteFunc(q.messages, func(m *Message) bool { return m.ID == id })
}

// Package queue emulates SQS: standard queues that are kept in files, and the part of SQS's API that sends messages.
// Start with [Open] and [Listen]. Consumers call [Queue.Receive] in the same process.
package queue

import "time"

// Limits of SQS.
const (
	MaxBody  = 1 << 20 // bytes, of a message and of all messages in a request
	maxBatch = 10      // messages in a request
	maxDelay = 15 * time.Minute
)

// Config describes a queue.
type Config struct {
	// Name and ARN are those of the queue on AWS.
	Name, ARN string
	// Visibility is how long a received message is invisible to other consumers.
	Visibility time.Duration
	// Delay is how long a message waits before it can be received, if the sender does not say.
	Delay time.Duration
	// Retention is how long a message is kept.
	Retention time.Duration
	// MaxBody is the limit for a message's body, in bytes.
	MaxBody int
	// MaxReceives is how often a message is received before it goes to the dead-letter queue, if there is one.
	MaxReceives int
}

// Message is a message in the form in which the queue's file has it.
type Message struct {
	ID   string    `json:"id"`
	Body string    `json:"body"`
	Sent time.Time `json:"sent"`
	// Visible is the time from which it can be received.
	Visible time.Time `json:"visible,omitzero"`
	// Receives is how often it was received, in all queues that it was in. Before is the part of that in earlier
	// queues.
	Receives      int       `json:"receives,omitempty"`
	Before        int       `json:"before,omitempty"`
	FirstReceived time.Time `json:"firstReceived,omitzero"`
	// DeadLetterOf is the ARN of the queue that moved it to the dead-letter queue.
	DeadLetterOf string `json:"deadLetterOf,omitempty"`
}

// Package queue is SQS on this machine: standard queues that outlive the runner, and as much of SQS's API as functions need
// to send to them. Whoever consumes a queue here receives from it in process.
package queue

import "time"

// Limits of SQS.
const (
	MaxBody  = 1 << 20 // bytes of a message, and of all messages of a request
	maxBatch = 10      // messages of a request
	maxDelay = 15 * time.Minute
)

// Config describes a queue.
type Config struct {
	// Name is what it is called on AWS, ARN its address there.
	Name, ARN string
	// Visibility is how long a message that was received is kept from others.
	Visibility time.Duration
	// Delay is how long a message waits at first, where its sender says nothing.
	Delay time.Duration
	// Retention is how long a message is kept at most.
	Retention time.Duration
	// MaxBody bounds a message, in bytes.
	MaxBody int
	// MaxReceives is how often a message is received before it goes to the dead letters, where there are any.
	MaxReceives int
}

// Message is a message, as its queue's file has it.
type Message struct {
	ID   string    `json:"id"`
	Body string    `json:"body"`
	Sent time.Time `json:"sent"`
	// Visible is when it can be received.
	Visible time.Time `json:"visible,omitzero"`
	// Receives is how often it was received, in all queues that it was in; Before, how often of that in earlier ones.
	Receives      int       `json:"receives,omitempty"`
	Before        int       `json:"before,omitempty"`
	FirstReceived time.Time `json:"firstReceived,omitzero"`
	// DeadLetterOf is the ARN of the queue that gave it up.
	DeadLetterOf string `json:"deadLetterOf,omitempty"`
}

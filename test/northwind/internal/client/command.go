package client

import (
	"context"
	"net/http"
	"time"
)

const keyHeader = "Idempotency-Key"

// Command is one request that changes something.
type Command struct {
	Method     string
	Path       string // escaped, with its leading slash
	Key        string // the Idempotency-Key: the same command has the same key in every run
	OccurredAt time.Time
	Body       any // nil: none
}

// Answer is the part of a command's answer that this client reads.
type Answer struct {
	ID      string  `json:"id"`
	Version int     `json:"version"`
	Events  []Event `json:"events"`
}

// Event is one event that the command stored.
type Event struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
}

// Send sends a command, and repeats it with the same key until it is answered.
//
// Errors: *StatusError for an answer other than 2xx.
func (c *Client) Send(ctx context.Context, cmd Command) (Answer, error) {
	header := http.Header{}
	header.Set(keyHeader, cmd.Key)
	if !cmd.OccurredAt.IsZero() {
		header.Set("Occurred-At", cmd.OccurredAt.UTC().Format(time.RFC3339))
	}
	var answer Answer
	err := c.do(ctx, cmd.Method, cmd.Path, header, cmd.Body, &answer)
	return answer, err
}

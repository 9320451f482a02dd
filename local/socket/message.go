package socket

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/google/uuid"
)

// read handles messages concurrently as they arrive: API Gateway does not keep their order.
func (c *connection) read(ctx context.Context) error {
	var handled sync.WaitGroup
	defer handled.Wait()
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		c.active()
		handled.Go(func() { c.handle(ctx, text) })
	}
}

// handle invokes the function of a message's route.
func (c *connection) handle(ctx context.Context, text []byte) {
	id := uuid.NewString()
	route, ok := c.api.route(text)
	if !ok {
		c.fail(ctx, "Forbidden", id)
		return
	}
	answer, err := c.api.invoke(ctx, route, c.messageEvent(route.Key, id, text))
	switch {
	case err != nil:
		c.fail(ctx, "Internal server error", id)
	case route.Answers && answer.Body != "":
		_ = c.write(ctx, []byte(answer.Body)) // fails only if the client disconnected
	}
}

// fail sends the client API Gateway's message for a failure.
func (c *connection) fail(ctx context.Context, message, requestID string) {
	text, _ := json.Marshal(struct { // strings cannot fail
		Message      string `json:"message"`
		ConnectionID string `json:"connectionId"`
		RequestID    string `json:"requestId"`
	}{message, c.id, requestID})
	_ = c.write(ctx, text) // fails only if the client disconnected
}

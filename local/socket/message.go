package socket

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/google/uuid"
)

// read handles messages as they come, all at once: API Gateway keeps no order between them.
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

// handle has the function of a message's route answer it.
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
		_ = c.write(ctx, []byte(answer.Body)) // the client has gone
	}
}

// fail tells the client what API Gateway does where no function answers.
func (c *connection) fail(ctx context.Context, message, requestID string) {
	text, _ := json.Marshal(struct { // it is all text
		Message      string `json:"message"`
		ConnectionID string `json:"connectionId"`
		RequestID    string `json:"requestId"`
	}{message, c.id, requestID})
	_ = c.write(ctx, text) // the client has gone
}

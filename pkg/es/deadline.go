package es

import (
	"context"
	"time"
)

// AppendDeadline is how long an append may take at most, from its time to its answer: the state as of an instant
// younger than that may still change. Stores keep to it, whatever the caller's context allows: [WithAppendDeadline].
const AppendDeadline = 30 * time.Second

// WithAppendDeadline returns the context of one call of [Appender.Append], its retries included. It is for
// implementations of [Store], which call it before they take the append's time, and store nothing once it has ended.
func WithAppendDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, AppendDeadline)
}

package storekit

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// WithAppendDeadline returns the context of one call of Append, its retries included, which ends after [es.AppendDeadline].
// A store calls it before it takes the append's time, and stores nothing once the context has ended.
func WithAppendDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, es.AppendDeadline)
}

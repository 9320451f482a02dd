package storekit

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// WithAppendDeadline returns a context for one call of Append, including its retries. It ends after
// [es.AppendDeadline]. A store calls it before it takes the append's time, and stores nothing after the context has
// ended.
func WithAppendDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, es.AppendDeadline)
}

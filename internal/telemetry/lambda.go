package telemetry

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

// Flushed returns a handler that calls next and then Flush, at each invocation.
func (m *Meter) Flushed(next lambda.Handler) lambda.Handler {
	if m == nil {
		return next
	}
	return flushed{m, next}
}

type flushed struct {
	meter *Meter
	next  lambda.Handler
}

// Invoke implements [lambda.Handler].
func (f flushed) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	defer f.meter.Flush()
	return f.next.Invoke(ctx, payload)
}

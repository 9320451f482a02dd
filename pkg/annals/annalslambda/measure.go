package annalslambda

import (
	"context"
	"net/http"

	"github.com/aws/smithy-go/middleware"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// countOutcomes counts commands that were accepted, refused, and failed.
func countOutcomes(meter *telemetry.Meter, next http.Handler) http.Handler {
	if meter == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		meter.Add(outcome(seen.status), 1)
	})
}

func outcome(status int) *telemetry.Metric {
	switch {
	case status >= http.StatusInternalServerError:
		return telemetry.Failed
	case status >= http.StatusBadRequest:
		return telemetry.Refused
	}
	return telemetry.Accepted
}

// statusWriter records the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// CountThrottles counts the attempts of the SDK that AWS throttled.
func CountThrottles(meter *telemetry.Meter) func(*middleware.Stack) error {
	count := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
		middleware.FinalizeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		if dynamofault.Throttled(err) {
			meter.Add(telemetry.Throttles, 1)
		}
		return out, metadata, err
	}
	return func(stack *middleware.Stack) error {
		if meter == nil {
			return nil
		}
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("count throttles", count), "Retry", middleware.After)
	}
}

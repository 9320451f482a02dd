// Package poller emulates Lambda's event source mapping for SQS. It sends the messages of a queue to a function in
// batches, at least once, several batches at a time. Start with [New].
//
// Messages that the function does not report as failed are deleted. Failed messages stay in the queue and can be
// received again after their visibility timeout. The queue limits how often.
package poller

import (
	"context"
	"log/slog"
	"time"

	"github.com/annals-es/annals/local/queue"
)

// Config describes a mapping.
type Config struct {
	// Name identifies the mapping in logs. Region is the one in the events.
	Name, Region string

	BatchSize      int
	Window         time.Duration // how long to wait for a full batch
	MaxConcurrency int           // concurrent invocations
	ReportFailures bool          // the function reports which messages failed
}

// Invoker runs the function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Mapping is one event source mapping.
type Mapping struct {
	Config
	queue    *queue.Queue
	function Invoker
	log      *slog.Logger
}

// New makes a mapping.
func New(c Config, q *queue.Queue, f Invoker, log *slog.Logger) *Mapping {
	return &Mapping{Config: c, queue: q, function: f, log: log.With("mapping", c.Name)}
}

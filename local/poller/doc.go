// Package poller is Lambda's event source mapping for SQS: it brings the messages of a queue to a function, at least once,
// in batches, several at a time.
//
// A batch of which the function reports no failure is deleted. What failed stays in the queue, where it can be received
// again once its visibility timeout ends; how often, the queue knows.
package poller

import (
	"context"
	"log/slog"
	"time"

	"github.com/annals-es/annals/local/queue"
)

// Config describes a mapping.
type Config struct {
	// Name says which one it is, in messages. Region is what the function is told.
	Name, Region string

	BatchSize      int
	Window         time.Duration // how long a batch may wait to become full
	MaxConcurrency int           // batches that are with the function at a time
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

// Package mapping is Lambda's event source mapping for DynamoDB Streams: it brings the records of a stream to a function,
// at least once, in batches, several at a time.
//
// Order is kept per ITEM and no further. A shard's records are spread over ParallelizationFactor lanes by the hash of their
// keys, and each lane invokes the function with one batch after the other. Records are passed on as they come, neither
// sorted nor deduplicated.
package mapping

import (
	"context"
	"log/slog"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// Config describes a mapping.
type Config struct {
	// Name says which one it is, in messages.
	Name string
	// Stream is the ARN of the stream, Function that of the function.
	Stream, Function string

	BatchSize       int
	Window          time.Duration // how long a batch may wait to become full
	Parallelization int
	MaxRetries      int           // after the first attempt; -1: no limit
	MaxAge          time.Duration // records older than that are given up; -1: no limit
	Bisect          bool          // halve a batch that failed
	ReportFailures  bool          // the function reports which records failed
	FromLatest      bool          // shards that exist at the first start are read from their end
}

// Source is where records come from. See streams.Client.
type Source interface {
	// Shards lists a stream's shards.
	Shards(ctx context.Context, stream string) ([]streams.Shard, error)
	// Iterator opens a shard. Errors: streams.ErrTrimmed, streams.ErrGone.
	Iterator(ctx context.Context, stream, shard string, at streams.Position) (string, error)
	// Records reads on; no next iterator: the shard has been read to its end. Errors: streams.ErrExpired, streams.ErrTrimmed,
	// streams.ErrGone.
	Records(ctx context.Context, iterator string) (records []streams.Record, next string, err error)
}

// Invoker runs the function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Filter decides which records count. Those that do not are done as soon as they are read.
type Filter interface{ Match(record []byte) bool }

// Destination learns of the records that were given up.
type Destination interface {
	GiveUp(ctx context.Context, g GivenUp) error
}

// GivenUp is what there is to learn of a batch that was given up.
type GivenUp struct {
	// Shard is the id of the records' shard.
	Shard string
	// Metadata is a JSON document that says where the records are, as queues receive it; Whole has the event as well, as buckets
	// do.
	Metadata, Whole []byte
}

// Mapping is one event source mapping.
type Mapping struct {
	Config
	source      Source
	invoker     Invoker
	filter      Filter
	checkpoints *Checkpoints
	destination Destination // nil: nobody learns
	log         *slog.Logger
	pace        *pace
}

// New makes a mapping. The destination may be nil.
func New(c Config, s Source, i Invoker, f Filter, p *Checkpoints, d Destination, log *slog.Logger) *Mapping {
	return &Mapping{
		Config: c, source: s, invoker: i, filter: f, checkpoints: p, destination: d,
		log: log.With("mapping", c.Name), pace: newPace(),
	}
}

// Wake has the mapping look for records at once. Call it when something has written to the table.
func (m *Mapping) Wake() { m.pace.wake() }

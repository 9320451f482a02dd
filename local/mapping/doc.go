// Package mapping emulates Lambda's event source mapping for DynamoDB Streams. It sends the records of a stream to a
// function in batches, at least once, several batches at a time. Start with [New].
//
// Order is kept only among the records of one item. A shard's records are spread over ParallelizationFactor lanes by
// the hash of their keys, and each lane invokes the function with one batch after the other. Records are neither sorted
// nor deduplicated.
package mapping

import (
	"context"
	"log/slog"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// Config describes a mapping.
type Config struct {
	// Name identifies the mapping in logs and errors.
	Name string
	// Stream and Function are ARNs.
	Stream, Function string

	BatchSize       int
	Window          time.Duration // how long to wait for a full batch
	Parallelization int
	MaxRetries      int           // after the first attempt; -1: no limit
	MaxAge          time.Duration // older records are given up; -1: no limit
	Bisect          bool          // halve a batch that failed
	ReportFailures  bool          // the function reports which records failed
	FromLatest      bool          // shards that exist at the first start are read from their end
}

// Source provides the records. See streams.Client.
type Source interface {
	// Shards lists a stream's shards.
	Shards(ctx context.Context, stream string) ([]streams.Shard, error)
	// Iterator opens a shard. Errors: streams.ErrTrimmed, streams.ErrGone.
	Iterator(ctx context.Context, stream, shard string, at streams.Position) (string, error)
	// Records reads the next records. If next is "", the shard was read to its end. Errors: streams.ErrExpired,
	// streams.ErrTrimmed, streams.ErrGone.
	Records(ctx context.Context, iterator string) (records []streams.Record, next string, err error)
}

// Invoker runs the function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Filter decides which records are sent to the function. Other records are done as soon as they are read.
type Filter interface{ Match(record []byte) bool }

// Destination receives reports of records that were given up.
type Destination interface {
	GiveUp(ctx context.Context, g GivenUp) error
}

// GivenUp is the report of a batch that was given up.
type GivenUp struct {
	// Shard is the id of the records' shard.
	Shard string
	// Metadata is a JSON document that says where in the stream the records are; queues receive it. Whole also has the
	// event; buckets receive it.
	Metadata, Whole []byte
}

// Mapping is one event source mapping.
type Mapping struct {
	Config
	source      Source
	invoker     Invoker
	filter      Filter
	checkpoints *Checkpoints
	destination Destination // nil: no reports
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

// Wake makes the mapping look for records at once. Call it after a write to the table.
func (m *Mapping) Wake() { m.pace.wake() }

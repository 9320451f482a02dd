package inspect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Store is an event store that an inspector reads.
type Store interface {
	es.Reader
	es.Scanner
	Head(ctx context.Context, stream es.StreamID) (es.Head, error)
}

// Feed yields the new commits of all streams, until its context ends.
type Feed interface {
	// Commits yields the commits that are stored after the call.
	Commits(ctx context.Context) iter.Seq2[es.Commit, error]
	// Recent returns the newest stored commits, at most n, and those that are stored after them.
	Recent(ctx context.Context, n int) (Recent[es.Commit], error)
}

// Replay folds an aggregate to a point of its past, with its state as JSON.
type Replay = func(ctx context.Context, id string, p es.Point, now time.Time) (es.Past[json.RawMessage], error)

// Config configures an inspector.
type Config struct {
	// Aggregates fold streams, by stream type.
	Aggregates map[string]Replay
	// Engines have the projections.
	Engines []*projection.Engine
	// Apart are the read models in other stores than DynamoDB. The engines list them too, but do not read how far they
	// have come with a stream. If one can't be read, the others are shown, and why.
	Apart []Apart
	// Feed yields new commits of all streams. If nil, only single streams can be followed.
	Feed Feed
	// Segments is how many segments a search reads concurrently. Default 4.
	Segments int
	// UnitsPerSecond is the most read units that a search consumes in a second. 0 is no limit.
	UnitsPerSecond float64
	// Every is the interval at which a followed stream is read. Default 1 s.
	Every time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Inspector reads a service. It is safe for concurrent use.
type Inspector struct {
	store Store
	cfg   Config
}

// New returns an inspector of a store.
func New(store Store, cfg Config) *Inspector {
	cfg.Segments = cmp.Or(cfg.Segments, 4)
	cfg.Every = cmp.Or(cfg.Every, time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Inspector{store: store, cfg: cfg}
}

// State is the state of an aggregate at a point of its history.
type State struct {
	Stream  string `json:"stream"`
	Version int64  `json:"version"`
	// At is when the last event up to that point was recorded.
	At time.Time `json:"at"`
	// Provisional is true if the requested time is so recent that the answer may still change.
	Provisional bool            `json:"provisional,omitempty"`
	State       json.RawMessage `json:"state"`
}

// State returns an aggregate's state at a point. The zero Point is the current state.
//
// Errors: one that names the stream type, if no aggregate has it; those of [es.Repository.LoadAt].
func (i *Inspector) State(ctx context.Context, stream es.StreamID, p es.Point) (State, error) {
	replay, known := i.cfg.Aggregates[stream.Type]
	if !known {
		return State{}, fmt.Errorf("%s: no aggregate has streams of type %q", stream, stream.Type)
	}
	past, err := replay(ctx, stream.ID, p, i.cfg.Now())
	return State{
		Stream: stream.String(), Version: past.Version, At: past.At, Provisional: past.Provisional, State: past.State,
	}, err
}

// Types returns the types of streams that have a state.
func (i *Inspector) Types() []string { return sortedKeys(i.cfg.Aggregates) }

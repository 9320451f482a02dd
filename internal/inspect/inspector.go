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

// Store is what an inspector reads of an event store.
type Store interface {
	es.Reader
	es.Scanner
	Head(ctx context.Context, stream es.StreamID) (es.Head, error)
}

// Feed tells what is stored in all streams, until its context ends.
type Feed interface {
	// Commits yields what is stored from when it is asked on.
	Commits(ctx context.Context) iter.Seq2[es.Commit, error]
	// Recent begins with the newest commits that are there, n at most.
	Recent(ctx context.Context, n int) (Recent[es.Commit], error)
}

// Replay folds an aggregate to a point of its past, with its state as JSON.
type Replay = func(ctx context.Context, id string, p es.Point, now time.Time) (es.Past[json.RawMessage], error)

// Config says what an inspector looks at.
type Config struct {
	// Aggregates fold streams, by their type.
	Aggregates map[string]Replay
	// Engines keep the projections.
	Engines []*projection.Engine
	// Feed tells what is stored from now on. nil = only single streams can be followed.
	Feed Feed
	// Segments is how many segments a search reads at once. Default 4.
	Segments int
	// UnitsPerSecond is the most read units that a search consumes in a second. 0 = no limit.
	UnitsPerSecond float64
	// Every is how often one stream that is followed is looked at. Default 1 s.
	Every time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Inspector looks at a service. It is safe for concurrent use.
type Inspector struct {
	store Store
	cfg   Config
}

// New returns the inspector of what is in a store.
func New(store Store, cfg Config) *Inspector {
	cfg.Segments = cmp.Or(cfg.Segments, 4)
	cfg.Every = cmp.Or(cfg.Every, time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Inspector{store: store, cfg: cfg}
}

// State is an aggregate as it was.
type State struct {
	Stream  string `json:"stream"`
	Version int64  `json:"version"`
	// At is when the last event up to then was recorded.
	At time.Time `json:"at"`
	// Provisional says that the instant asked for is so young that the answer may still change.
	Provisional bool            `json:"provisional,omitempty"`
	State       json.RawMessage `json:"state"`
}

// State returns an aggregate as it was at a point; the zero Point is now.
//
// Errors: one that names a type of stream that no aggregate has; those of [es.Repository.LoadAt].
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

// Types are the types of streams that have a state.
func (i *Inspector) Types() []string { return sortedKeys(i.cfg.Aggregates) }

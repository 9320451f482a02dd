package projection

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Event is an event as a projection sees it.
type Event struct {
	Stream  es.StreamID
	Version int64
	// At is when it was recorded; OccurredAt is when it happened, which is At unless the caller said otherwise.
	At, OccurredAt time.Time
	Meta           es.Meta
	// Data is the decoded event, of the type that its stream's decoder gives.
	Data any
}

// Definition is a projection whose state for each stream is S. S is stored as JSON, with the checkpoint, and for a
// projection that writes no rows it is the row.
type Definition[S any] struct {
	// Name is the projection's stable name, in kebab case.
	Name string
	// Sources are the types of streams that the projection reads, each with the decoder of its events.
	Sources map[string]es.Decoder
	// Evolve changes a stream's state as an event says, and says which rows to write. It must depend on its arguments
	// alone: it may run more than once for an event.
	Evolve func(state *S, e Event, w *Writes) error
}

// Projection is a [Definition] of any state. Only [New] makes one.
type Projection interface {
	// Name is the projection's stable name.
	Name() string
	// Reads tells whether the projection reads streams of a type.
	Reads(streamType string) bool

	fold(state json.RawMessage, steps []step) (json.RawMessage, *Writes, error)
}

// New returns the projection of a definition. It panics if the definition lacks something.
func New[S any](d Definition[S]) Projection {
	if d.Name == "" || len(d.Sources) == 0 || d.Evolve == nil {
		panic(fmt.Sprintf("projection %q: needs a name, sources and Evolve", d.Name))
	}
	return &definition[S]{d}
}

type definition[S any] struct{ d Definition[S] }

func (p *definition[S]) Name() string { return p.d.Name }

func (p *definition[S]) Reads(streamType string) bool {
	_, reads := p.d.Sources[streamType]
	return reads
}

// step is one stored event to fold.
type step struct {
	commit *es.Commit
	index  int
}

func (s step) version() int64 { return s.commit.Version + int64(s.index) }

// fold applies events to a state, nil being the state before the first, and returns the state and rows that result.
//
// A panic in Evolve is an error of the stream, not the end of the process.
func (p *definition[S]) fold(stored json.RawMessage, steps []step) (_ json.RawMessage, _ *Writes, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("projection %s: %s: panic: %v", p.d.Name, steps[0].commit.Stream, panicked)
		}
	}()
	var state S
	if stored != nil {
		if err := json.Unmarshal(stored, &state); err != nil {
			return nil, nil, fmt.Errorf("projection %s: stored state: %w", p.d.Name, err)
		}
	}
	w := &Writes{}
	for _, s := range steps {
		c := s.commit
		w.stream = c.Stream
		err := p.d.Sources[c.Stream.Type].DecodeAny(c, s.index, func(data any) error {
			return p.d.Evolve(&state, Event{
				Stream: c.Stream, Version: s.version(), At: c.At, OccurredAt: c.OccurredAt(), Meta: c.Meta, Data: data,
			}, w)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("projection %s: %s@%d: %w", p.d.Name, c.Stream, s.version(), err)
		}
	}
	out, err := json.Marshal(&state)
	if err != nil {
		return nil, nil, fmt.Errorf("projection %s: state: %w", p.d.Name, err)
	}
	return out, w, nil
}

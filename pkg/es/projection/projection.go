package projection

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Definition is a projection whose state for each stream is S. S is stored as JSON, with the checkpoint, and for a
// projection that writes no rows it is the row.
type Definition[S any] struct {
	// Name is the projection's stable name, in kebab case.
	Name string
	// Sources are the types of streams that the projection reads, each with the decoder of its events.
	Sources map[string]es.Decoder
	// Evolve changes a stream's state as an event says, and says which rows to write. It must depend on its arguments
	// alone: it may run more than once for an event. An error, or a panic, parks the stream.
	Evolve func(state *S, e Event, w *Writes) error
	// Fold is the version of the fold, from 1, which is the default. Rows that another fold version is to make are built
	// anew: raise it where Evolve or S changes what is stored.
	Fold int
	// Topics says what changes of a stream are about besides the stream, for subscribers: "customer/7". nil = nothing.
	Topics func(state *S) []string
}

// Projection is a [Definition] of any state, or a [Handler]. Only [New] and [FromHandler] make one.
type Projection interface {
	// Name is the projection's stable name.
	Name() string
	// FoldVersion is the version of the fold.
	FoldVersion() int
	// Reads tells whether the projection reads streams of a type.
	Reads(streamType string) bool

	// fold applies events to a state, nil being the state before the first, and returns the state and rows that result.
	//
	// Errors: foldError.
	fold(ctx context.Context, state json.RawMessage, steps []step) (json.RawMessage, *Writes, error)
	// topics are what changes of a stream in a state are about.
	topics(state json.RawMessage) []string
	// rebuilds tells whether it may be built anew from history.
	rebuilds() bool
	// retryFromQueue tells whether a stream is left to the queue after a transient error.
	retryFromQueue() bool
}

// foldError says which of the events can't be applied.
type foldError struct {
	index int // of the event among those that were to be folded
	err   error
	// transient errors are not the event's: the same event may succeed later.
	transient bool
}

func (e *foldError) Error() string { return e.err.Error() }
func (e *foldError) Unwrap() error { return e.err }

// New returns the projection of a definition. It panics if the definition lacks something.
func New[S any](d Definition[S]) Projection {
	if d.Fold == 0 {
		d.Fold = 1
	}
	if d.Name == "" || len(d.Sources) == 0 || d.Evolve == nil || d.Fold < 0 {
		panic(fmt.Sprintf("projection %q: needs a name, sources and Evolve, and a fold version from 1", d.Name))
	}
	return &definition[S]{d}
}

type definition[S any] struct{ d Definition[S] }

func (p *definition[S]) Name() string     { return p.d.Name }
func (p *definition[S]) FoldVersion() int { return p.d.Fold }

func (p *definition[S]) Reads(streamType string) bool {
	_, reads := p.d.Sources[streamType]
	return reads
}

func (p *definition[S]) rebuilds() bool       { return true }
func (p *definition[S]) retryFromQueue() bool { return false }

// topics that panic are none: the rows are stored already.
func (p *definition[S]) topics(stored json.RawMessage) (all []string) {
	defer func() {
		if recover() != nil {
			all = nil
		}
	}()
	var state S
	if p.d.Topics == nil || stored == nil || json.Unmarshal(stored, &state) != nil {
		return nil
	}
	return p.d.Topics(&state)
}

// step is one stored event to fold.
type step struct {
	commit *es.Commit
	index  int
}

func (s step) version() int64 { return s.commit.Version + int64(s.index) }

func (p *definition[S]) fold(
	_ context.Context, stored json.RawMessage, steps []step,
) (out json.RawMessage, w *Writes, err error) {
	defer func() { // a state's own JSON methods may panic too
		if panicked := recover(); panicked != nil {
			err = &foldError{index: len(steps) - 1, err: fmt.Errorf("state: panic: %v", panicked)}
		}
	}()
	var state S
	if stored != nil {
		if err := json.Unmarshal(stored, &state); err != nil {
			return nil, nil, &foldError{err: fmt.Errorf("stored state: %w", err)}
		}
	}
	w = &Writes{}
	for i, s := range steps {
		if err := p.evolve(&state, s, w); err != nil {
			return nil, nil, &foldError{index: i, err: err}
		}
	}
	if out, err = json.Marshal(&state); err != nil {
		return nil, nil, &foldError{index: len(steps) - 1, err: fmt.Errorf("state: %w", err)}
	}
	return out, w, nil
}

// evolve applies one event. A panic in Evolve is an error of the event, not the end of the process.
func (p *definition[S]) evolve(state *S, s step, w *Writes) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	w.stream = s.commit.Stream
	if err = decode(p.d.Sources, s, func(e Event) error { return p.d.Evolve(state, e, w) }); err == nil {
		err = w.err
	}
	return err
}

func decode(sources map[string]es.Decoder, s step, do func(Event) error) error {
	return DecodeEvent(sources[s.commit.Stream.Type], s.commit, s.index, do)
}

// DecodeEvent decodes the stored event c.Events[index], and calls do for each event that stands for it after upcasting: one,
// several, or none.
//
// Errors: those of the decoder; the first error of do, as it is.
func DecodeEvent(source es.Decoder, c *es.Commit, index int, do func(Event) error) error {
	e := Event{Stream: c.Stream, Version: c.Version + int64(index), At: c.At, OccurredAt: c.OccurredAt(), Meta: c.Meta}
	return source.DecodeAny(c, index, func(data any) error {
		part := e
		part.Data = data
		e.Part++
		return do(part)
	})
}

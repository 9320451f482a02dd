package projection

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Handler does something about events instead of writing rows. [FromHandler] makes a projection of it, with a checkpoint
// for each stream, which is caught up and parked as other projections are, but is never rebuilt: what was done is done.
// Package reaction has the one that answers events with commands.
type Handler interface {
	// Name is the stable name of the projection.
	Name() string
	// Reads tells whether it handles the events of streams of a type.
	Reads(streamType string) bool
	// Handles tells whether a stored event of a stream that it reads concerns it, by type and schema alone: the engine calls
	// Handle for those only. It asks nothing, and stores nothing, for commits that have none.
	Handles(streamType string, e es.RawEvent) bool
	// Handle handles the stored event c.Events[index]. The engine may call it again for the same event. After a transient
	// error the engine delivers the event again. Any other error parks the stream.
	//
	// Errors: the handler's own: Transient tells which of them are transient.
	Handle(ctx context.Context, c *es.Commit, index int) error
	// Transient tells whether an error of Handle is transient: the same event may succeed later.
	Transient(err error) bool
	// RetryFromQueue tells what the engine does after a transient error: if true, it parks the stream as [Unavailable], and its
	// queue retries the stream; if false, or without a queue, it fails the batch.
	RetryFromQueue() bool
}

// FromHandler returns the projection of a handler. If the handler has a method Check() error, [Projection].Check calls it. What was recorded a day or more before the projection was first started
// does not concern it.
func FromHandler(h Handler) Projection { return &handling{h} }

type handling struct{ Handler }

// Check implements [Projection].
func (p *handling) Check() error {
	if p.Handler == nil {
		return errors.New("FromHandler: there is no handler")
	}
	if h, ok := p.Handler.(interface{ Check() error }); ok {
		return h.Check()
	}
	if p.Name() == "" {
		return errors.New("a handler has no name")
	}
	return nil
}

func (p *handling) FoldVersion() int                { return 1 }
func (p *handling) topics(json.RawMessage) []string { return nil }
func (p *handling) rebuilds() bool                  { return false }
func (p *handling) handlesType(string) bool         { return false }
func (p *handling) lists() []rows                   { return nil }
func (p *handling) appends() bool                   { return false }
func (p *handling) skipped() []string               { return nil }
func (p *handling) retryFromQueue() bool            { return p.RetryFromQueue() }

func (p *handling) handles(streamType string, e es.RawEvent) bool { return p.Handles(streamType, e) }

func (p *handling) fold(ctx context.Context, _ json.RawMessage, steps []step) (json.RawMessage, *Writes, error) {
	for i, s := range steps {
		if !p.Handles(s.commit.Stream.Type, s.commit.Events[s.index]) {
			continue
		}
		if err := p.Handle(ctx, s.commit, s.index); err != nil {
			return nil, nil, &foldError{index: i, err: err, transient: p.Transient(err)}
		}
	}
	return nil, &Writes{}, nil
}

// streamAge is how long a stream of changes holds what was recorded, so how old an event can be at most that is delivered.
const streamAge = 24 * time.Hour

// isPresent tells whether a commit is none of the past to a target, see present.
func (t *target) isPresent(c *es.Commit) bool {
	return t.fold.rebuilds() || !c.At.Before(t.Since.Add(-streamAge))
}

// present are the events that concern a target: to a handler, what was recorded before it could have been delivered to it
// is past, even where a gap makes it read the whole stream.
func (t *target) present(steps []step) []step {
	from := slices.IndexFunc(steps, func(s step) bool { return t.isPresent(s.commit) })
	if from < 0 {
		return nil
	}
	return steps[from:]
}

package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Handler acts on events instead of writing rows. [FromHandler] makes a projection of it, with a checkpoint for each
// stream. Its streams are caught up and parked as in other projections, but it is never rebuilt, because its effects
// can't be undone. Package reaction has the handler that answers events with commands.
type Handler interface {
	// Name is the stable name of the projection.
	Name() string
	// Reads reports whether it handles events of streams of a type.
	Reads(streamType string) bool
	// Handles reports whether a stored event concerns the handler, by type and schema alone. The engine calls Handle
	// for those events only. For commits without any, it reads and stores nothing.
	Handles(streamType string, e es.RawEvent) bool
	// StoredTypes are the types of the streams that it reads, each with the stored events that its code knows. They are
	// for programs without its code: see [Subscription.Describe].
	StoredTypes() map[string][]es.StoredType
	// Handle handles the stored event c.Events[index]. The engine may call it again for the same event. After a
	// transient error the engine delivers the event again. Any other error parks the stream.
	//
	// Errors: the handler's own. Transient reports which of them are transient.
	Handle(ctx context.Context, c *es.Commit, index int) error
	// Transient reports whether an error of Handle is transient: the same event may succeed later.
	Transient(err error) bool
	// RetryFromQueue says what follows a transient error. If true, the engine parks the stream as [Unavailable], and
	// the queue retries it. If false, or without a queue, the engine fails the batch.
	RetryFromQueue() bool
}

// FromHandler returns the projection of a handler. If the handler has a method Check() error, [Projection].Check calls
// it. Events recorded more than a day before the projection was first started do not concern it.
func FromHandler(h Handler) Projection { return &handling{h} }

type handling struct{ Handler }

// Check implements [Projection].
func (p *handling) Check() error {
	if p.Handler == nil {
		return errors.New("FromHandler: the handler is nil")
	}
	if h, ok := p.Handler.(interface{ Check() error }); ok {
		return h.Check()
	}
	if p.Name() == "" {
		return errors.New("a handler has no name")
	}
	return p.checkTypes()
}

// checkTypes finds stream types in StoredTypes that the handler does not read.
func (p *handling) checkTypes() error {
	all := p.StoredTypes()
	if len(all) == 0 {
		return fmt.Errorf("handler %q reads no streams: its StoredTypes are empty", p.Name())
	}
	for streamType := range all {
		if !p.Reads(streamType) {
			return fmt.Errorf("handler %q does not read streams of type %q, which its StoredTypes have", p.Name(), streamType)
		}
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
func (p *handling) personal(string) bool            { return false }
func (p *handling) retryFromQueue() bool            { return p.RetryFromQueue() }

func (p *handling) stored() map[string][]es.StoredType {
	return p.StoredTypes()
}

func (p *handling) handles(streamType string, e es.RawEvent) bool { return p.Handles(streamType, e) }

func (p *handling) fold(ctx context.Context, state json.RawMessage, steps []step) (json.RawMessage, *Writes, error) {
	if h, is := p.Handler.(StatefulHandler); is {
		return p.foldState(ctx, h, state, steps)
	}
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

// streamAge is how long a DynamoDB stream keeps its records: no older event is delivered.
const streamAge = 24 * time.Hour

// isPresent reports whether a commit is recent enough for a target: see present.
func (t *target) isPresent(c *es.Commit) bool {
	return t.fold.rebuilds() || !c.At.Before(t.Since.Add(-streamAge))
}

// present are the events that a target may handle. For a handler these are the events that were recorded late enough to
// be delivered to it, even if it has to read the whole stream to fill a gap.
func (t *target) present(steps []step) []step {
	from := slices.IndexFunc(steps, func(s step) bool { return t.isPresent(s.commit) })
	if from < 0 {
		return nil
	}
	return steps[from:]
}

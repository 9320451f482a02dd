// Package reaction executes commands in response to events. Start with [New]: it turns a [Reaction] into a projection,
// which an engine of package projection runs.
package reaction

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Reaction executes commands in response to events. Like a projection, it has a checkpoint per stream, is caught up and
// is parked; but it has no rows. If the engine cannot store the checkpoint, it reacts to the same event again. The
// command's id derives from the event and the reaction's name, so the repeated command is recognized.
//
// A reaction is never rebuilt, because its commands cannot be undone. It ignores events that were recorded a day or
// more before it was first started.
type Reaction struct {
	// Name is the reaction's stable name, in kebab case. After a change of the name, commands are no longer recognized and
	// are executed again.
	Name string
	// Sources are the streams that it reads: see [From].
	Sources []Source
	// Transient reports whether an error is transient, so that the same event may succeed later, such as when a store is
	// unavailable. Conflicts, unknown outcomes and errors of contexts are always transient. If nil, no other error is.
	Transient func(error) bool
	// RetryFromQueue keeps other projections from waiting for this reaction: set it if it calls another system. The engine
	// waits a second for a commit. After a transient error it parks the stream as [projection.Unavailable], and its queue
	// retries the stream until it succeeds. The streams of this reaction have slots of their own beside
	// [projection.Config.Parallel]. Without a queue, a transient error fails the batch.
	RetryFromQueue bool
}

// Reactor is the projection of a reaction. Make one with [New].
type Reactor struct {
	projection.Projection
	handler *reactor
}

// New returns the projection of a reaction. It never panics: [projection.Projection].Check returns all mistakes in the
// declaration. A reaction needs a name, sources, and at most one source per stream type.
func New(r Reaction) *Reactor {
	if r.Transient == nil {
		r.Transient = func(error) bool { return false }
	}
	h := &reactor{r: r, sources: sourcesOf(r.Name, r.Sources, false)}
	return &Reactor{Projection: projection.FromHandler(h), handler: h}
}

type reactor struct {
	r Reaction
	sources
}

// Check returns all mistakes in the declaration.
func (h *reactor) Check() error { return mistaken("reaction", h.r.Name, h.mistakes) }

func (h *reactor) Name() string             { return h.r.Name }
func (h *reactor) Transient(err error) bool { return transient(err) || h.r.Transient(err) }
func (h *reactor) RetryFromQueue() bool     { return h.r.RetryFromQueue }

func (h *reactor) Reads(streamType string) bool { return h.reads(streamType) }

// StoredTypes are the stored events of the streams that the reaction reads, by the streams' type: see
// [projection.Subscription.Describe].
func (h *reactor) StoredTypes() map[string][]es.StoredType { return h.storedTypes() }

func (h *reactor) Handles(streamType string, e es.RawEvent) bool { return h.handles(streamType, e) }

// Handle reacts to an event. It turns a panic of a handler into an error.
func (h *reactor) Handle(ctx context.Context, c *es.Commit, index int) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("handler panicked: %v", panicked)
		}
	}()
	source := h.byType[c.Stream.Type]
	return projection.DecodeEvent(source.events, c, index, func(e projection.Event[any]) error {
		return source.react(ctx, e, commandFor(h.r.Name, c, e))
	})
}

// commandFor returns the command of a reaction to an event.
func commandFor(name string, c *es.Commit, e projection.Event[any]) es.Command {
	return es.Command{
		Meta: es.Meta{CorrelationID: e.Meta.CorrelationID, CausationID: c.ID, Actor: ActorPrefix + name},
		Ref:  es.CommandRef{ID: commandID(name, c, e), Fingerprint: name},
	}
}

// ActorPrefix begins the actor of a reaction's commands. The reaction's name follows.
const ActorPrefix = "reactor/"

// commandID returns the id of the command for an event.
func commandID(name string, c *es.Commit, e projection.Event[any]) string {
	return digest(fmt.Sprintf("%s|%s|%d|%d|%s", c.ID, c.Stream, e.Version, e.Part, name))
}

func digest(of string) string {
	h := sha256.Sum256([]byte(of))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}

// transient reports whether an error is transient for every reaction.
func transient(err error) bool {
	var (
		conflict *es.ConflictError
		unknown  *es.UnknownOutcomeError
	)
	return errors.As(err, &conflict) || errors.As(err, &unknown) || errors.Is(err, es.ErrUnavailable) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// Repeat reacts again to the events of a stream, from a version on. It neither uses nor changes the checkpoint. The
// commands have the same ids as before. Repeat returns the number of events that it reacted to.
//
// Errors: the store's; the reaction's, with the event's stream and version.
func (r *Reactor) Repeat(ctx context.Context, store es.Reader, stream es.StreamID, from int64) (int, error) {
	n := 0
	if !r.Reads(stream.Type) {
		return 0, fmt.Errorf("reaction %s does not read streams of type %s", r.Name(), stream.Type)
	}
	for c, err := range store.Read(ctx, stream, es.Range{From: from}) {
		if err != nil {
			return n, err
		}
		for i := int(max(from-c.Version, 0)); i < len(c.Events); i++ { // skip events of the first commit before from
			if err := r.handler.Handle(ctx, &c, i); err != nil {
				return n, fmt.Errorf("%s@%d: %w", stream, c.Version+int64(i), err)
			}
			n++
		}
	}
	return n, nil
}

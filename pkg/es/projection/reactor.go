package projection

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Reaction answers events with commands. It keeps a checkpoint for each stream, is caught up and parked as projections are,
// and has no rows. What it does it may do again, when the checkpoint could not be stored: the command that it is given has
// an id made of the event and the reaction's name, by which the commands that were done already are recognised.
//
// A reaction is never built anew: what it did is done. What was recorded a day or more before it was there does not concern it.
type Reaction struct {
	// Name is the reaction's stable name, in kebab case. Commands that were done under another name are done again.
	Name string
	// Sources are the types of streams that it reads, each with the decoder of its events.
	Sources map[string]es.Decoder
	// React does what follows from an event. The command has its id and fingerprint, the event's correlation id, and the
	// event's commit as its cause. A passing error (see Passing) leaves the event to be delivered again; any other parks
	// the stream, as does a panic.
	React func(ctx context.Context, e Event, cmd es.Command) error
	// Passing tells whether an error is not of the event, but of the hour: a store that can't be reached. Conflicts, unknown
	// outcomes and errors of contexts count as that anyway. Default: no other error does.
	Passing func(error) bool
	// Aside says that it depends on something that others don't, so that they must not wait for it: where there is a queue, a
	// passing error parks the stream as [Unavailable], and the queue tries it again later, again and again. Its streams do
	// not count among those that are brought forward at once with others.
	Aside bool
}

// NewReactor returns the projection that a reaction is. It panics if the reaction lacks something.
func NewReactor(r Reaction) Projection {
	if r.Name == "" || len(r.Sources) == 0 || r.React == nil {
		panic(fmt.Sprintf("reaction %q: needs a name, sources and React", r.Name))
	}
	if r.Passing == nil {
		r.Passing = func(error) bool { return false }
	}
	return &reactor{r}
}

type reactor struct{ r Reaction }

func (p *reactor) Name() string                    { return p.r.Name }
func (p *reactor) FoldVersion() int                { return 1 }
func (p *reactor) topics(json.RawMessage) []string { return nil }

func (p *reactor) Reads(streamType string) bool {
	_, reads := p.r.Sources[streamType]
	return reads
}

func (p *reactor) fold(ctx context.Context, _ json.RawMessage, steps []step) (json.RawMessage, *Writes, error) {
	for i, s := range steps {
		if err := p.react(ctx, s); err != nil {
			return nil, nil, &foldError{index: i, err: err, passing: passing(err) || p.r.Passing(err)}
		}
	}
	return nil, &Writes{}, nil
}

func (p *reactor) react(ctx context.Context, s step) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return decode(p.r.Sources, s, func(e Event) error {
		cmd := es.Command{
			Meta: es.Meta{CorrelationID: e.Meta.CorrelationID, CausationID: s.commit.ID, Actor: "reactor/" + p.r.Name},
			Ref:  es.CommandRef{ID: commandID(p.r.Name, s, e.Part), Fingerprint: p.r.Name},
		}
		return p.r.React(ctx, e, cmd)
	})
}

// commandID identifies what a reaction does about an event.
func commandID(name string, s step, part int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%d|%s", s.commit.ID, s.commit.Stream, s.version(), part, name))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}

func (p *reactor) rebuilds() bool { return false }
func (p *reactor) aside() bool    { return p.r.Aside }

// memory is how long a stream of changes holds what was recorded, so how old an event can be at most that is delivered.
const memory = 24 * time.Hour

// concerns tells whether a commit concerns a target, see present.
func (t *target) concerns(c *es.Commit) bool {
	return t.fold.rebuilds() || !c.At.Before(t.Since.Add(-memory))
}

// present are the events that concern a target: to a reaction, what was recorded before it could have been delivered to it
// is past, even where a gap makes it read the whole stream.
func (t *target) present(steps []step) []step {
	from := slices.IndexFunc(steps, func(s step) bool { return t.concerns(s.commit) })
	if from < 0 {
		return nil
	}
	return steps[from:]
}

// passing tells whether an error is of the hour whatever the reaction is.
func passing(err error) bool {
	var (
		conflict *es.ConflictError
		unknown  *es.UnknownOutcomeError
	)
	return errors.As(err, &conflict) || errors.As(err, &unknown) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// Again reacts again to the events of a stream, from a version on, whatever the reaction's checkpoint is, which stays. The
// commands have the ids that they had. It returns how many events there were.
//
// Errors: the store's; the reaction's, with the event's place. It panics if the projection is no reaction.
func Again(ctx context.Context, p Projection, store es.Reader, stream es.StreamID, from int64) (int, error) {
	r := p.(*reactor)
	n := 0
	if !r.Reads(stream.Type) {
		return 0, fmt.Errorf("%s does not read %s", r.Name(), stream)
	}
	for c, err := range store.Read(ctx, stream, es.Range{From: from}) {
		if err != nil {
			return n, err
		}
		for _, s := range beyond(nil, &c, from-1) {
			if err := r.react(ctx, s); err != nil {
				return n, fmt.Errorf("%s@%d: %w", stream, s.version(), err)
			}
			n++
		}
	}
	return n, nil
}

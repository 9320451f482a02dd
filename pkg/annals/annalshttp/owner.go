package annalshttp

import (
	"context"
	"errors"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
)

// origin is who has access to a stream. It derives from the first commit, so it never changes.
type origin struct {
	creator string
	owner   string // a second person with access, "" if there is none: see [annals.OwnedBy]
}

// knownOrigins is how many origins a process caches. One takes some hundred bytes.
const knownOrigins = 10_000

func newOrigins() *lru.Cache[es.StreamID, origin] {
	c, _ := lru.New[es.StreamID, origin](knownOrigins) // fails only for sizes below 1
	return c
}

// origin returns the origin of a stream. It reads the first commit, unless the origin is cached.
//
// Errors: [es.NotFoundError]; those of the event store and of [annals.DeclaredAggregate.Owner].
func (e *edge) origin(ctx context.Context, stream es.StreamID) (origin, error) {
	if known, ok := e.origins.Get(stream); ok {
		return known, nil
	}
	for first, err := range e.events.Read(ctx, stream, es.Range{To: 1}) {
		if err != nil {
			return origin{}, err
		}
		found := origin{creator: first.Meta.Actor}
		if a := e.service.Aggregate(stream.Type); a != nil {
			if found.owner, err = a.Owner(&first); err != nil {
				return origin{}, err
			}
		}
		e.origins.Add(stream, found)
		return found, nil
	}
	return origin{}, &es.NotFoundError{Stream: stream}
}

// reach checks that the caller may see and change a stream: as its creator, its owner or an operator. Any other caller
// gets the same error as for a stream that does not exist.
//
// Errors: [es.NotFoundError]; those of the event store.
func (e *edge) reach(ctx context.Context, stream es.StreamID) error {
	who := e.caller(ctx)
	if who.Operates() {
		return nil
	}
	o, err := e.origin(ctx, stream)
	if err == nil && !who.Is(o.creator) && (o.owner == "" || !who.Is(o.owner)) {
		err = &es.NotFoundError{Stream: stream}
	}
	return err
}

// readable checks that the caller may read a stream in a read model: as reach, but every caller may read aggregates
// that are [annals.ReadableByAll].
func (e *edge) readable(ctx context.Context, stream es.StreamID) error {
	if stream == (es.StreamID{}) {
		return nil
	}
	if a := e.service.Aggregate(stream.Type); a != nil && a.ReadableByAll {
		return nil
	}
	return e.reach(ctx, stream)
}

// reachable returns the streams that the caller may see and change.
//
// Errors: those of the event store.
func (e *edge) reachable(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	return those(ctx, all, e.reach)
}

// visible returns the streams that the caller may read. A token may also name streams of others. Those are ignored: a
// caller who waited for a version would learn when the other person's stream reaches it.
//
// Errors: those of the event store.
func (e *edge) visible(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	return those(ctx, all, e.readable)
}

// those returns the streams for which look does not return [es.NotFoundError].
func those(
	ctx context.Context, all []es.StreamVersion, look func(context.Context, es.StreamID) error,
) ([]es.StreamVersion, error) {
	var seen []es.StreamVersion
	for _, v := range all {
		err := look(ctx, v.Stream)
		switch {
		case err == nil:
			seen = append(seen, v)
		case !errors.As(err, new(*es.NotFoundError)):
			return nil, err
		}
	}
	return seen, nil
}

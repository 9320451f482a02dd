package annalshttp

import (
	"context"
	"errors"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
)

// origin is whose a stream is: what its first commit says, which never changes.
type origin struct {
	creator string
	owner   string // whom it is for besides, "" = nobody: see [annals.OwnedBy]
}

// knownOrigins is how many streams a process remembers the origin of. One takes some hundred bytes.
const knownOrigins = 10_000

func newOrigins() *lru.Cache[es.StreamID, origin] {
	c, _ := lru.New[es.StreamID, origin](knownOrigins) // it fails on sizes below 1
	return c
}

// origin looks up whose a stream is: from its first commit, once in a process.
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

// reach lets through who may see and change a stream: who created it, whom it is for, and operators. To all others it
// is as if there were no such stream.
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

// readable is reach for a read model: some aggregates are for all to see.
func (e *edge) readable(ctx context.Context, stream es.StreamID) error {
	if stream == (es.StreamID{}) {
		return nil
	}
	if a := e.service.Aggregate(stream.Type); a != nil && a.ReadableByAll {
		return nil
	}
	return e.reach(ctx, stream)
}

// reachable are those of streams that the caller may see and change.
//
// Errors: those of the event store.
func (e *edge) reachable(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	return those(ctx, all, e.reach)
}

// visible are those of streams that the caller may read. A token may name what is another's, too. Whoever waits for a
// version of that would learn when it comes, so it counts for nothing.
//
// Errors: those of the event store.
func (e *edge) visible(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	return those(ctx, all, e.readable)
}

// those are the streams that look lets the caller see.
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

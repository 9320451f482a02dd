package httpapi

import (
	"context"
	"errors"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
)

// origin is whose a stream is: what its first commit says, which never changes.
type origin struct {
	creator  string
	customer string // whom it is for, such as an order; "" = nobody
}

// knownOrigins is how many streams a process remembers the origin of. One takes some hundred bytes.
const knownOrigins = 10_000

func newOrigins() *lru.Cache[es.StreamID, origin] {
	c, _ := lru.New[es.StreamID, origin](knownOrigins) // it fails on sizes below 1
	return c
}

// origin looks up whose a stream is: from its first commit, once in a process.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *API) origin(ctx context.Context, stream es.StreamID) (origin, error) {
	if known, ok := a.origins.Get(stream); ok {
		return known, nil
	}
	for first, err := range a.events.Read(ctx, stream, es.Range{To: 1}) {
		if err != nil {
			return origin{}, err
		}
		found := origin{creator: first.Meta.Actor}
		if a.service.Customer != nil {
			if found.customer, err = a.service.Customer(&first); err != nil {
				return origin{}, err
			}
		}
		a.origins.Add(stream, found)
		return found, nil
	}
	return origin{}, &es.NotFoundError{Stream: stream}
}

// owned tells whether a stream is the caller's: who created it, or, of an order, whom it is for. A customer's order is for
// themselves, see [Personal], so nobody puts orders among another's.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *API) owned(ctx context.Context, stream es.StreamID) (bool, error) {
	o, err := a.origin(ctx, stream)
	if err != nil {
		return false, err
	}
	return Owns(ctx, o.creator) || o.customer != "" && Owns(ctx, o.customer), nil
}

// Reach lets through who may see and change a stream. To all others it is as if there were no such stream.
//
// Errors: [es.NotFoundError]; those of the event store.
func (a *API) Reach(ctx context.Context, stream es.StreamID) error {
	if a.Unbound(ctx) {
		return nil
	}
	mine, err := a.owned(ctx, stream)
	if err == nil && !mine {
		err = &es.NotFoundError{Stream: stream}
	}
	return err
}

// readable is Reach for a read model: what is shared, everybody may see.
func (a *API) readable(ctx context.Context, stream es.StreamID) error {
	if stream == (es.StreamID{}) || slices.Contains(a.service.Shared, stream.Type) {
		return nil
	}
	return a.Reach(ctx, stream)
}

// Visible are those of streams that the caller may read. A token of a transfer names the other's account too; whoever waits for
// a version of what is not theirs would learn when it comes, so it counts for nothing.
//
// Errors: those of the event store.
func (a *API) Visible(ctx context.Context, all []es.StreamVersion) ([]es.StreamVersion, error) {
	var seen []es.StreamVersion
	for _, v := range all {
		err := a.readable(ctx, v.Stream)
		switch {
		case err == nil:
			seen = append(seen, v)
		case !errors.As(err, new(*es.NotFoundError)):
			return nil, err
		}
	}
	return seen, nil
}

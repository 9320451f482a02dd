package projection

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Unreadable decodes the stored documents of streams in a projection's serving generation, and returns why a document
// can't be decoded, by stream. Streams that can be decoded, or are unknown, are left out. It writes nothing. A reaction
// has no documents.
//
// Errors: one that names an unknown projection; [UnknownFoldError]; those of the catalog and the view.
func (e *Engine) Unreadable(ctx context.Context, projection string, streams ...es.StreamID) (map[es.StreamID]error, error) {
	sub := e.subscription(projection)
	if sub == nil {
		return nil, e.unknown(projection)
	}
	records, err := e.catalog.Records(ctx)
	if err != nil {
		return nil, fmt.Errorf("generations: %w", err)
	}
	record := e.seen(sub, records)
	b := record.Serving()
	fold := sub.fold(b.Fold)
	switch {
	case fold == nil:
		return nil, &UnknownFoldError{projection, b.Generation, b.Fold}
	case !fold.rebuilds():
		return nil, nil
	}
	read, err := sub.View.Checkpoints(ctx, b.Generation, streams...)
	if err != nil {
		return nil, fmt.Errorf("projection %s, generation %d: checkpoints: %w", projection, b.Generation, err)
	}
	failed := map[es.StreamID]error{}
	for stream, at := range read {
		if _, _, err := fold.fold(ctx, at.State, nil); err != nil {
			failed[stream] = err
		}
	}
	return failed, nil
}

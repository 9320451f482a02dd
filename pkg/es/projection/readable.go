package projection

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Unreadable decodes the stored documents of streams in a projection's serving generation, and returns why a document
// can't be decoded, by stream. Streams that can be decoded, or are unknown, are left out. It writes nothing.
//
// Errors: [UnknownProjectionError]; [UnknownFoldError]; those of the catalog and the view.
func (r *Reader) Unreadable(
	ctx context.Context, projection string, streams ...es.StreamID,
) (map[es.StreamID]error, error) {
	sub, there := r.subscriptions[projection]
	if !there {
		return nil, &UnknownProjectionError{projection}
	}
	record, err := r.records.record(ctx, &sub)
	if err != nil {
		return nil, err
	}
	b := record.Serving()
	fold := sub.fold(b.Fold)
	if fold == nil {
		return nil, &UnknownFoldError{projection, b.Generation, b.Fold}
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

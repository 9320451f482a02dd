package projection

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/annals-es/annals/pkg/es"
)

// ErrStale says that a checkpoint had moved: somebody else applied the same events. Nothing was written.
var ErrStale = errors.New("the checkpoint has moved")

// Generation numbers the builds of a projection's rows, from 1.
type Generation int

// Checkpoint is how far a projection has come with a stream, and the stream's state there. The zero Checkpoint is the
// one before the first event.
type Checkpoint struct {
	// Version is the last version applied in full, Hash the hash of the commit that it is in.
	Version int64
	Hash    []byte
	// Done is how many of the next event's rows are written already, in order: an event may write more rows than fit
	// into one transaction.
	Done int
	// State is the stream's state, as JSON.
	State json.RawMessage
}

// View stores one projection's checkpoints and rows.
type View interface {
	// MaxRows is the most rows that one Save can write.
	MaxRows() int

	// Checkpoint returns a stream's checkpoint, strongly consistent, the zero Checkpoint if there is none.
	Checkpoint(ctx context.Context, g Generation, stream es.StreamID) (Checkpoint, error)

	// Save writes rows and replaces a stream's checkpoint, all or nothing.
	//
	// Errors: [ErrStale] if the checkpoint is no longer prev.
	Save(ctx context.Context, g Generation, stream es.StreamID, prev, next Checkpoint, rows []Write) error
}

package ask

import (
	"encoding/json"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Past is an aggregate as it was.
type Past struct {
	// Version is the stream's last version up to then, At when it was recorded.
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	// Provisional is true if the instant asked for is so young that the answer may still change.
	Provisional bool            `json:"provisional,omitempty"`
	State       json.RawMessage `json:"state"`
}

// PlainEvents are stored events of one type and schema that have personal data in the clear.
type PlainEvents struct {
	Type   string `json:"type"`
	Schema int    `json:"schema"`
	// Events is how many there are, First is one of them: "Order#o-1@3".
	Events int    `json:"events"`
	First  string `json:"first"`
}

// Reconciled is what a task found in a segment.
type Reconciled struct {
	projection.Reconciled
	// Position is where to go on, [es.End] at the segment's end.
	Position es.Position `json:"position"`
}

// Checkpoint is how far a projection has come with a stream: a [projection.Checkpoint] without the stream's state,
// owner and slots. No tool shows those, they may be large, and they may be personal data.
type Checkpoint struct {
	Version     int64              `json:"version"`
	Hash        []byte             `json:"hash,omitempty"`
	RowsWritten int                `json:"rowsWritten,omitempty"`
	At          time.Time          `json:"at,omitzero"`
	Behind      bool               `json:"behind,omitempty"`
	Parked      *projection.Parked `json:"parked,omitempty"`
	Rises       []projection.Rise  `json:"rises,omitempty"`
	Appended    int64              `json:"appended,omitempty"`
}

// CheckpointOf converts a checkpoint for an answer.
func CheckpointOf(c projection.Checkpoint) Checkpoint {
	return Checkpoint{
		Version: c.Version, Hash: c.Hash, RowsWritten: c.RowsWritten, At: c.At, Behind: c.Behind, Parked: c.Parked,
		Rises: c.Rises, Appended: c.Appended,
	}
}

// Checkpoint converts an answer into a checkpoint, without the state, the owner and the slots.
func (c Checkpoint) Checkpoint() projection.Checkpoint {
	return projection.Checkpoint{
		Version: c.Version, Hash: c.Hash, RowsWritten: c.RowsWritten, At: c.At, Behind: c.Behind, Parked: c.Parked,
		Rises: c.Rises, Appended: c.Appended,
	}
}

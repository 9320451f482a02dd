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

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

// Reconciled is what a task found in a segment.
type Reconciled struct {
	projection.Reconciled
	// Position is where to go on, [es.End] at the segment's end.
	Position es.Position `json:"position"`
}

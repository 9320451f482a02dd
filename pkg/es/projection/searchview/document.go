package searchview

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// document is a checkpoint as it is stored.
type document struct {
	Annals bookkeeping `json:"annals"`
	// Doc is the state, if that is a JSON object: people search its fields. Value is any other state.
	Doc   json.RawMessage `json:"doc,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// bookkeeping is a checkpoint without its state.
type bookkeeping struct {
	Stream  string `json:"stream"`
	Version int64  `json:"version"`
	// Shown is true if the stream has a state. Others are hidden from people.
	Shown bool `json:"shown"`
	// IsParked is true if the stream is parked.
	IsParked bool   `json:"parked"`
	Rest     record `json:"record"`
}

// record is what nobody searches.
type record struct {
	Hash        []byte            `json:"hash,omitempty"`
	RowsWritten int               `json:"rowsWritten,omitempty"`
	At          time.Time         `json:"at,omitzero"`
	Owner       string            `json:"owner,omitempty"`
	Behind      bool              `json:"behind,omitempty"`
	Rises       []projection.Rise `json:"rises,omitempty"`
	Appended    int64             `json:"appended,omitempty"`
	Parked      json.RawMessage   `json:"parked,omitempty"`
	Seen        int64             `json:"seen,omitempty"`
}

// documentOf is the document of a checkpoint. parked is why it is parked, as JSON, empty if it is not.
func documentOf(stream es.StreamID, cp projection.Checkpoint, parked string, seen int64) document {
	d := document{Annals: bookkeeping{
		Stream: stream.String(), Version: cp.Version, Shown: len(cp.State) > 0, IsParked: parked != "",
		Rest: record{
			Hash: cp.Hash, RowsWritten: cp.RowsWritten, At: cp.At, Owner: cp.Owner, Behind: cp.Behind, Rises: cp.Rises,
			Appended: cp.Appended, Seen: seen,
		},
	}}
	if parked != "" {
		d.Annals.Rest.Parked = json.RawMessage(parked)
	}
	if len(cp.State) > 0 && cp.State[0] == '{' {
		d.Doc = cp.State
	} else {
		d.Value = cp.State
	}
	return d
}

// checkpoint is the checkpoint of a document.
func (d *document) checkpoint() (es.StreamID, projection.Checkpoint, error) {
	rest := &d.Annals.Rest
	cp := projection.Checkpoint{
		Version: d.Annals.Version, Hash: rest.Hash, RowsWritten: rest.RowsWritten, At: rest.At, State: d.Doc, Owner: rest.Owner,
		Behind: rest.Behind, Rises: rest.Rises, Appended: rest.Appended,
	}
	if cp.State == nil {
		cp.State = d.Value
	}
	stream, err := es.ParseStreamID(d.Annals.Stream)
	if err == nil && d.Annals.IsParked {
		err = json.Unmarshal(rest.Parked, &cp.Parked)
	}
	return stream, cp, err
}

// maxID is the longest id of a document, in bytes.
const maxID = 512

// idOf is the id of a stream's document. A name that is too long is hashed; the result is no stream's name.
func idOf(stream es.StreamID) string {
	name := stream.String()
	if len(name) <= maxID {
		return name
	}
	hash := sha256.Sum256([]byte(name))
	return "sha256:" + hex.EncodeToString(hash[:])
}

// stored is what a document's next write depends on.
type stored struct {
	version     int64
	epoch       int
	rowsWritten int
	parked      bool
	seqNo       int64
	primaryTerm int64
}

func storedAs(cp projection.Checkpoint, parked bool, seqNo, primaryTerm int64) stored {
	return stored{cp.Version, cp.Epoch(), cp.RowsWritten, parked, seqNo, primaryTerm}
}

// equals reports whether the stored checkpoint equals prev: see [projection.View].
func (s stored) equals(prev projection.Checkpoint) bool {
	return s.version == prev.Version && s.epoch == prev.Epoch() && s.rowsWritten == prev.RowsWritten &&
		(!s.parked || prev.Parked != nil)
}

// isFirst reports whether a checkpoint is the one before the first event, which is never stored.
func isFirst(cp projection.Checkpoint) bool {
	return cp.Version == 0 && cp.RowsWritten == 0 && cp.Epoch() == 0 && cp.Parked == nil && !cp.Behind
}

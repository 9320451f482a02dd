package subjects

import (
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// StreamType is the type of the streams that record how subjects were forgotten. The id of a stream is the subject's.
const StreamType = "Subject"

// Event is an event of a subject: [ForgettingRequested], [KeyDeleted], [StreamsCleared] or [SubjectForgotten].
type Event interface{ subjectEvent() }

// ForgettingRequested is recorded when somebody asks to forget a subject, and again each time somebody asks to go on
// with a forgetting that has not ended.
type ForgettingRequested struct {
	At time.Time `json:"at"`
	// Key is the number of the key that the subject had, 0 if it was not known.
	Key int `json:"key"`
}

// KeyDeleted is recorded when the subject's key was replaced by a tombstone. From then on, events about the subject are
// refused. Processes that have the key in memory use it until Until at the latest.
type KeyDeleted struct {
	// Key is the number of the key, At when it was deleted.
	Key   int       `json:"key"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// MaxCleared is how many streams a [StreamsCleared] names at most: so few that a reaction can change as many in one
// decision.
const MaxCleared = 50

// StreamsCleared is recorded when derived data of some streams was cleared. React to it to clear what the service
// itself derived from personal data, such as the reservation of an e-mail address.
type StreamsCleared struct {
	// Streams are the names of the streams.
	Streams []string `json:"streams"`
	Counts
	// Published counts the integration events of these streams, by type. Uncounted is how many streams are not counted.
	Published map[string]int `json:"published,omitempty"`
	Uncounted int            `json:"uncounted,omitempty"`
}

// Counts is what was cleared.
type Counts struct {
	// Documents and Rows count what was folded again in read models: see [projection.Refolded].
	//
	// [projection.Refolded]: https://pkg.go.dev/github.com/annals-es/annals/pkg/es/projection#Refolded
	Documents int `json:"documents" doc:"Documents of read models that were folded again, in all generations"`
	Rows      int `json:"rows" doc:"Rows of read models that were written again, emptied or deleted"`
	// Snapshots is how many snapshots were removed.
	Snapshots int `json:"snapshots" doc:"Snapshots that were removed"`
}

// SubjectForgotten is recorded at the end.
type SubjectForgotten struct {
	At time.Time `json:"at"`
	// Final is when the last copy that can be recovered will be gone.
	Final time.Time `json:"final"`
	// Unknown are read models that the code does not have. They were not cleared.
	Unknown []string `json:"unknown,omitempty"`
}

func (ForgettingRequested) subjectEvent() {}
func (KeyDeleted) subjectEvent()          {}
func (StreamsCleared) subjectEvent()      {}
func (SubjectForgotten) subjectEvent()    {}

// Status is how far the forgetting of a subject is.
type Status string

// The statuses of a subject.
const (
	// Known means that nobody asked to forget the subject.
	Known Status = "known"
	// Requested means that the subject's key still exists.
	Requested Status = "requested"
	// Waiting means that the key was deleted, and that processes may still have it in memory.
	Waiting Status = "waiting"
	// Forgotten means that the key, and everything that was derived with it, is gone.
	Forgotten Status = "forgotten"
)

// Report says how far the forgetting of a subject is, and what it did.
type Report struct {
	Status Status `json:"status" enum:"known,requested,waiting,forgotten" doc:"known: nobody asked to forget the subject. requested: its key still exists. waiting: its key was deleted, and its derived data is being cleared. forgotten: all of that is gone"`
	// RequestedAt is when it was asked for last.
	RequestedAt *time.Time `json:"requestedAt,omitempty" doc:"When it was asked for last"`
	// KeyDeletedAt is when the key was deleted, Until when the last process loses it.
	KeyDeletedAt *time.Time `json:"keyDeletedAt,omitempty" doc:"When the key was deleted. Since then, events about the subject are refused"`
	Until        *time.Time `json:"until,omitempty" doc:"Until when processes may have the key in memory. Derived data is cleared after that"`
	// Streams is how many streams were cleared.
	Streams int `json:"streams" doc:"Streams whose derived data was cleared"`
	Counts
	// Published are the public events of these streams, which never hold personal data. Uncounted is how many streams are not
	// counted.
	Published   []Published `json:"published" doc:"The public events of these streams. They never hold personal data"`
	Uncounted   int         `json:"uncounted,omitempty" doc:"Streams whose public events could not be counted"`
	ForgottenAt *time.Time  `json:"forgottenAt,omitempty"`
	// Unknown are read models that the code does not have. They were not cleared.
	Unknown []string `json:"unknown,omitempty" doc:"Read models that the code does not have. They were not cleared: delete their tables, or ask again when the code has them"`
	// Final is when the last copy that can be recovered will be gone.
	Final *time.Time `json:"final,omitempty" doc:"When no table can be recovered any more to a state from before"`
}

// Published counts public events of one type.
type Published struct {
	Type   string `json:"type" example:"org.example.shop.order.placed.v1"`
	Events int    `json:"events"`
}

// State is a subject after some of its events.
type State struct {
	Report
	// key is the number of the key to delete, or that was deleted.
	key     int
	cleared map[es.StreamID]bool
}

// Aggregate ties a subject's state to its events.
var Aggregate = es.Aggregate[State, Event]{
	StreamType: StreamType,
	Events: es.NewRegistry(
		es.Type[Event]("ForgettingRequested", 1, ForgettingRequested{}),
		es.Type[Event]("KeyDeleted", 1, KeyDeleted{}),
		es.Type[Event]("StreamsCleared", 1, StreamsCleared{}),
		es.Type[Event]("SubjectForgotten", 1, SubjectForgotten{}),
	),
	Evolve: (*State).evolve,
}

func (s *State) evolve(event Event) {
	switch e := event.(type) {
	case ForgettingRequested:
		if s.Status != Waiting || e.Key > s.key && s.key > 0 { // else it goes on
			*s = State{Report: Report{Status: Requested, Published: []Published{}}, key: e.Key}
		}
		s.RequestedAt = &e.At
	case KeyDeleted:
		s.Status, s.key, s.KeyDeletedAt, s.Until = Waiting, e.Key, &e.At, &e.Until
	case StreamsCleared:
		s.clear(e)
	case SubjectForgotten:
		s.Status, s.ForgottenAt, s.Final, s.Unknown = Forgotten, &e.At, &e.Final, e.Unknown
	}
}

func (s *State) clear(e StreamsCleared) {
	if s.cleared == nil {
		s.cleared = map[es.StreamID]bool{}
	}
	for _, name := range e.Streams {
		if stream, err := es.ParseStreamID(name); err == nil { // an event was valid when it was stored
			s.cleared[stream] = true
		}
	}
	s.Streams = len(s.cleared)
	s.Uncounted += e.Uncounted
	s.Documents, s.Rows, s.Snapshots = s.Documents+e.Documents, s.Rows+e.Rows, s.Snapshots+e.Snapshots
	for name, events := range e.Published {
		at := slices.IndexFunc(s.Published, func(p Published) bool { return p.Type == name })
		if at < 0 {
			at = len(s.Published)
			s.Published = append(s.Published, Published{Type: name})
		}
		s.Published[at].Events += events
	}
	slices.SortFunc(s.Published, func(a, b Published) int { return strings.Compare(a.Type, b.Type) })
}

// repeatAfter is how soon a repeated request is recorded: a caller who repeats it at once changes nothing.
const repeatAfter = time.Minute

// Request decides to forget the subject. There are no events if that is done already, unless the subject got a new key
// since, or read models were unknown; or if it was asked for within the last minute. key is what the subject has now, the zero Key if that can't be
// read.
func (s State) Request(at time.Time, key personal.Key) []Event {
	switch {
	case s.Status == Forgotten && key.Forgotten && len(s.Unknown) == 0,
		s.RequestedAt != nil && s.Status != Forgotten && at.Sub(*s.RequestedAt) < repeatAfter:
		return nil
	}
	return []Event{ForgettingRequested{At: at.UTC().Truncate(time.Microsecond), Key: key.Number}}
}

package reaction

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// MaxOpen is the largest number of open deadlines of a stream.
const MaxOpen = 100

// Open are the open deadlines of a stream while an event is applied: see [Ask].
type Open struct {
	at   map[string]open
	now  open // of the event that is applied
	errs []error
}

// open is an open deadline as it is stored.
type open struct {
	At      time.Time `json:"at"`
	Version int64     `json:"v"`
	Asked   time.Time `json:"asked"`
	// Correlation and Cause are those of the event that asked for it.
	Correlation string `json:"correlation,omitempty"`
	Cause       string `json:"cause,omitempty"`
	// Note is what the code noted with it.
	Note json.RawMessage `json:"note,omitempty"`
	// Failed is why its command failed. It is not tried again by itself.
	Failed string `json:"failed,omitempty"`
}

// Set asks for a deadline at an instant. A deadline of the same name is moved. An instant in the past is due at once.
func (o *Open) Set(name string, at time.Time) {
	at = at.UTC().Truncate(time.Millisecond)
	switch {
	case name == "" || len(name) > 100:
		o.errs = append(o.errs, fmt.Errorf("deadline %q: its name must have 1 to 100 bytes", name))
	case at.Year() < 1970 || at.Year() > 9999:
		o.errs = append(o.errs, fmt.Errorf("deadline %s: %v is no instant from 1970 to 9999", name, at))
	default:
		next := o.now
		next.At = at
		o.at[name] = next
	}
}

// Note keeps a value with an open deadline, as JSON, for later events of the stream: see Noted. It replaces an earlier
// one, and does nothing if there is no such deadline. Moving the deadline drops it. It must not be personal data.
func (o *Open) Note(name string, value any) {
	d, is := o.at[name]
	if !is {
		return
	}
	var err error
	if d.Note, err = json.Marshal(value); err != nil {
		o.errs = append(o.errs, fmt.Errorf("deadline %s: note: %w", name, err))
		return
	}
	o.at[name] = d
}

// Noted reads the value that was kept with an open deadline. It reports false if there is none, or if it can't be read
// into the value.
func (o *Open) Noted(name string, value any) bool {
	d, is := o.at[name]
	return is && d.Note != nil && json.Unmarshal(d.Note, value) == nil
}

// Cancel withdraws a deadline. It does nothing if there is none.
func (o *Open) Cancel(name string) { delete(o.at, name) }

// CancelAll withdraws all deadlines of the stream.
func (o *Open) CancelAll() { clear(o.at) }

// At returns when a deadline is due. It reports false if none of that name is open.
func (o *Open) At(name string) (time.Time, bool) {
	d, is := o.at[name]
	return d.At, is
}

func (o *Open) check() error {
	if len(o.at) > MaxOpen {
		return fmt.Errorf("the stream would have %d open deadlines: want at most %d", len(o.at), MaxOpen)
	}
	return errors.Join(o.errs...)
}

// timetable is the state of a stream: its open deadlines by name.
type timetable struct {
	Open map[string]open `json:"open,omitempty"`
}

func timetableOf(state json.RawMessage) (timetable, error) {
	t := timetable{}
	if state != nil {
		if err := json.Unmarshal(state, &t); err != nil {
			return t, fmt.Errorf("stored deadlines: %w", err)
		}
	}
	if t.Open == nil {
		t.Open = map[string]open{}
	}
	return t, nil
}

// state is the timetable as a stored state. The list over the index has one row for a stream with open deadlines.
func (t timetable) state(stream es.StreamID) (projection.State, error) {
	s := projection.State{Stream: stream}
	if len(t.Open) == 0 {
		return s, nil
	}
	var err error
	if s.JSON, err = json.Marshal(t); err != nil {
		return s, err
	}
	first := t.Open[t.names()[0]].At.Format(sortable)
	at := projection.OwnKey(stream, projection.Key{Partition: partOf(stream), Sort: first})
	s.Slots = []projection.Slot{{Key: at, Row: s.JSON}}
	return s, nil
}

// sortable is a layout of instants whose texts are ordered as the instants are.
const sortable = "2006-01-02T15:04:05.000Z"

// parts is the number of partitions of the list of open deadlines. A partition takes 1,000 writes a second.
const parts = 8

func partOf(stream es.StreamID) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(stream.String())) // never fails
	return part(int(h.Sum32() % parts))
}

func part(i int) string { return fmt.Sprintf("open-%d", i) }

// deadline is the open deadline of a timer as the scheduler knows it.
func (o open) deadline(timer string, stream es.StreamID, name string) Deadline {
	return Deadline{Timer: timer, Stream: stream, Name: name, At: o.At, Version: o.Version, Asked: o.Asked}
}

// is reports whether a stored deadline is the one that a scheduler gave back.
func (o open) is(d Deadline) bool { return o.Version == d.Version && o.At.Equal(d.At) }

// names are the names of the open deadlines, the earliest first.
func (t timetable) names() []string {
	return slices.SortedFunc(maps.Keys(t.Open), func(a, b string) int {
		return cmp.Or(t.Open[a].At.Compare(t.Open[b].At), cmp.Compare(a, b))
	})
}

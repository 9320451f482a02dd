package projection

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// planned is the event of these tests. Its words say what its fold does.
type planned struct{ Do string }

// plans are stored unchanged, except those of schema 1, which are split at ";".
var plans = es.NewRegistry(es.Type[planned]("Planned", 2, planned{})).
	Upcast("Planned", 1, es.UpcastFunc(func(data json.RawMessage) (parts []es.RawEvent, err error) {
		var whole planned
		err = json.Unmarshal(data, &whole)
		for _, part := range strings.Split(whole.Do, ";") {
			text, _ := json.Marshal(planned{part})
			parts = append(parts, es.RawEvent{Type: "Planned", Schema: 2, Data: text})
		}
		return parts, err
	}, es.StoredType{Name: "Planned", Schema: 2}))

var (
	planOwn    = OwnRows[string]("own")
	planAppend = AppendRows[string]("append")
	planFirst  = IndexRows("first", func(s *planned) (Key, string, bool) {
		return Key{"p1", s.Do}, s.Do, strings.Contains(s.Do, "1")
	})
	planSecond = IndexRows("second", func(s *planned) (Key, string, bool) {
		return Key{"p2", s.Do}, s.Do, strings.Contains(s.Do, "2")
	})
)

// planFold does the words of an event one after the other.
func planFold(s *planned, e Event[planned], w *Writes) error {
	for _, word := range strings.Fields(e.Data.Do) {
		what, of, _ := strings.Cut(word, ":")
		switch what {
		case "be":
			s.Do = of
		case "own":
			planOwn.Put(w, Key{"own", of}, of)
		case "delete":
			planOwn.Delete(w, Key{"own", of})
		case "add":
			w.Add(Key{"add", of}, "n", Int(1))
		case "append":
			planAppend.Append(w, of, "row")
		case "fail":
			return errors.New(of)
		}
	}
	return nil
}

// TestPlan: the save that is planned for events, depending on the events and the room.
func TestPlan(t *testing.T) {
	t.Parallel()
	half := Checkpoint{Version: 4, RowsWritten: 2, Rises: []Rise{{2, 3}}, Appended: 7, Owner: "bob", Parked: &Parked{}}
	raised := Checkpoint{Version: 4, Rises: []Rise{{2, 1}, {5, 3}}, Appended: 7, Owner: "bob"}
	for name, test := range map[string]struct {
		at     Checkpoint
		events string // separated by "|"; those that begin with "1 " are of schema 1
		room   room
		want   string
	}{
		"all":                    {events: "be:a|be:b", want: "2 to 2, owner ann, state b"},
		"a page":                 {events: "be:a|be:b|be:c", room: room{2, 99}, want: "2 to 2, owner ann, state b"},
		"not from the beginning": {at: raised, events: "be:a", want: "1 to 5, owner bob, appended 7, rises 2, state a"},
		"rows by key, once": {
			events: "add:b add:a own:z|own:z add:a own:y delete:x",
			want:   "2 to 2, owner ann, state , put own/y put own/z delete own/x add add/a 2 add add/b 1",
		},
		"half as many": {
			events: "add:a|add:b|add:c|add:d", room: room{9, 3}, want: "2 to 2, owner ann, state , add add/a 1 add add/b 1",
		},
		"half as many, twice": {
			events: "add:a|add:b|add:c|add:d", room: room{9, 1}, want: "1 to 1, owner ann, state , add add/a 1",
		},
		"the same row needs no more": {
			events: "add:a|add:a|add:a", room: room{9, 1}, want: "3 to 3, owner ann, state , add add/a 3",
		},
		"a part": {events: "add:a add:b add:c|be:b", room: room{9, 2}, want: "part 2 to 0, state , add add/a 1 add add/b 1"},
		"the first part appends": {
			events: "add:a append:x add:b be:1", room: room{9, 1}, want: "part 1 to 0, state , add add/a 1, append x/1~0 e0",
		},
		"the rest of a part": {
			at:     half,
			events: "add:a add:b add:c append:x|be:b",
			want:   "1 to 5, owner bob, appended 8, rises 1, state , add add/c 1, append x/5~0 e3",
		},
		"more of a part": {
			at:     half,
			events: "add:a add:b add:c append:x add:d|be:b",
			room:   room{9, 1},
			want:   "part 3 to 4, owner bob, appended 7, rises 1, state , add add/c 1",
		},
		"a part that has shrunk": {at: half, events: "add:a", want: "1 to 5, owner bob, appended 7, rises 1, state "},
		"no room at all":         {events: "add:a", room: room{9, 0}, want: "refused 0: " + ErrTooLarge.Error()},
		"no room is needed": {
			events: "be:a append:x", room: room{9, 0}, want: "1 to 1, owner ann, appended 1, state a, append x/1~0 e0",
		},
		"the first fails": {events: "fail:x|be:b", want: "refused 0: x"},
		"one in the middle fails": {
			events: "be:a add:a|be:b|fail:x add:b|be:c", want: "2 to 2, owner ann, state b, add add/a 1; refused 2: x",
		},
		"one beyond the room fails": {
			events: "add:a|add:b|fail:x", room: room{9, 1}, want: "1 to 1, owner ann, state , add add/a 1",
		},
		"one beyond the page fails": {events: "be:a|fail:x", room: room{1, 9}, want: "1 to 1, owner ann, state a"},
		"a row of an empty key": {
			events: "be:a|append: be:b",
			want:   "1 to 1, owner ann, state a; refused 1: the partition of an appended row must not be empty",
		},
		"epoch and place": {
			at: raised, events: "append:x append:y append:x|1 append:x;append:x append:z;;append:x|append:x",
			want: "3 to 7, owner bob, appended 15, rises 2, state , append x/5~0 e3 append y/5~1 e3 append x/5~2 e3 " +
				"append x/6~0 e3 append x/6~1 e3 append z/6~2 e3 append x/6~3 e3 append x/7~0 e3",
		},
		"two slots":       {events: "be:12", want: "1 to 1, owner ann, state 12, slot p1/12 slot p2/12"},
		"the first slot":  {events: "be:12|be:1", want: "2 to 2, owner ann, state 1, slot p1/1"},
		"the second slot": {events: "be:1|be:2", want: "2 to 2, owner ann, state 2, slot / slot p2/2"},
		"no slot any more": {
			at: Checkpoint{Version: 4, Slots: []Slot{{Key: Key{"p1", "1"}}}}, events: "be:a", want: "1 to 5, state a",
		},
		"slots of the last": {
			events: "be:1|be:2|fail:x", want: "2 to 2, owner ann, state 2, slot / slot p2/2; refused 2: x",
		},
		"slots need no room": {
			events: "be:12", room: room{1, 0}, want: "1 to 1, owner ann, state 12, slot p1/12 slot p2/12",
		},
		"parts of an event":   {events: "1 own:a;own:b;be:c", want: "1 to 1, owner ann, state c, put own/a put own/b"},
		"none of its handler": {events: "1 ", want: "1 to 1, owner ann, state "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.room == (room{}) {
				test.room = room{100, 100}
			}
			if got := planText(t, test.at, test.events, test.room); got != test.want {
				t.Errorf("plan (-want +got):\n%s", cmp.Diff(test.want, got))
			}
		})
	}
}

package keystest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// streamsApart: each subject has its own notes, also where ids and names look alike.
func streamsApart(t *testing.T, f fixture) {
	f.noted(t, "nobody")
	f.notes(t, "a", account("1"), account("2"), es.StreamID{Type: "Order", ID: "1"})
	f.notes(t, "b", account("1"))
	f.notes(t, "a#stream", es.StreamID{Type: "x", ID: "y"})
	f.notes(t, "c", es.StreamID{Type: "stream", ID: "a#stream#x#y"})
	f.noted(t, "a", account("1"), account("2"), es.StreamID{Type: "Order", ID: "1"})
	f.noted(t, "b", account("1"))
	f.noted(t, "a#stream", es.StreamID{Type: "x", ID: "y"})
	f.noted(t, "c", es.StreamID{Type: "stream", ID: "a#stream#x#y"})
}

// notedAgain: noting the same again changes nothing, and needs no key.
func notedAgain(t *testing.T, f fixture) {
	longest := account(long(2048-len("Account#"), ""))
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	for range 3 {
		f.notes(t, subject, account("1"), longest)
	}
	race(t, 4, func(int) error { return f.Note(t.Context(), subject, account("1")) })
	f.noted(t, subject, account("1"), longest)
	f.stored(t, []string{subject}, key(subject, 1, 1))
}

// streamsOfForgotten: forgetting keeps the notes, because it needs them.
func streamsOfForgotten(t *testing.T, f fixture) {
	f.notes(t, subject, account("1"))
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	f.forgets(t, subject, noon, tombstone(subject, 1, noon))
	f.noted(t, subject, account("1"))
	f.notes(t, subject, account("2"))
	f.creates(t, key(subject, 2, 2), key(subject, 2, 2))
	f.noted(t, subject, account("1"), account("2"))
}

func invalidStreams(t *testing.T, f fixture) {
	for _, stream := range []es.StreamID{{}, {Type: "A"}, {ID: "1"}, {Type: "A#B", ID: "1"}, account("\xff")} {
		if err := f.Note(t.Context(), subject, stream); !errors.As(err, new(*es.StreamNameError)) {
			t.Errorf("note %q: %v, want a StreamNameError", stream, err)
		}
	}
	err := f.Note(t.Context(), subject, account(long(2049-len("Account#"), "")))
	if !errors.As(err, new(*es.LimitError)) {
		t.Errorf("note a name of 2,049 bytes: %v, want a LimitError", err)
	}
	f.noted(t, subject)
}

// oddStreams: names of all lengths around the limits of keys in DynamoDB, and of all characters.
func oddStreams(t *testing.T, f fixture) {
	var want []es.StreamID
	for _, size := range []int{999, 1000, 1001, 1016, 1017, 1018, 1024, 1025, 2047, 2048} {
		want = append(want, account(long(size-len("Account#"), "x")), account(long(size-len("Account#"), "é")))
	}
	for _, id := range []string{"#", "a#b", "~", "key", " ", "é", "e\u0301", "🙂", "\x00", "\n", "\u2028"} {
		want = append(want, account(id), es.StreamID{Type: "größe ~.", ID: id})
	}
	f.notes(t, subject, want...)
	f.noted(t, subject, want...)
}

// many returns stream names which, noted for one subject, exceed the megabyte that DynamoDB answers at once.
func many() (all []es.StreamID) {
	for i := range 400 {
		all = append(all, account(long(2048-len("Account#"), fmt.Sprint(i, " "))))
	}
	for i := range 20 {
		all = append(all, account(fmt.Sprint(i)))
	}
	return all
}

// noteMany notes many streams, some at once.
func (f fixture) noteMany(t *testing.T, subject string) []es.StreamID {
	t.Helper()
	const atOnce = 10
	all := many()
	race(t, atOnce, func(i int) error {
		for ; i < len(all); i += atOnce {
			if err := f.Note(t.Context(), subject, all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func streamsOverAPage(t *testing.T, f fixture) {
	longest := long(personal.MaxSubjectBytes, "")
	f.creates(t, key(longest, 1, 1), key(longest, 1, 1))
	f.noted(t, longest, f.noteMany(t, longest)...)
}

// subjectsOverAPage: keys are found on all pages, and pages without keys end nothing.
func subjectsOverAPage(t *testing.T, f fixture) {
	var want []personal.Key
	for i := range 10 {
		id := long(personal.MaxSubjectBytes, fmt.Sprint(i, " "))
		f.creates(t, key(id, 1, byte(i)), key(id, 1, byte(i)))
		want = append(want, key(id, 1, byte(i)))
	}
	f.noteMany(t, long(personal.MaxSubjectBytes, "noted"))
	f.listed(t, want...)
}

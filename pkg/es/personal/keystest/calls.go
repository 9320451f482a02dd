package keystest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es/personal"
)

func invalidIDs(t *testing.T, f fixture) {
	for _, id := range []string{"", "\xff", "ada\xc3", long(personal.MaxSubjectBytes+1, "")} {
		errs := f.failures(t.Context(), id)
		for _, method := range []string{"Note", "Load", "Load of two", "Create", "Forget", "Streams"} {
			var invalid *personal.NameError
			if err := errs[method]; !errors.As(err, &invalid) {
				t.Errorf("%s of the id %.20q: %v, want a NameError", method, id, err)
			}
		}
	}
	for key, err := range f.Subjects(t.Context()) {
		t.Errorf("an invalid id was stored: %+v, %v", key, err)
	}
}

// oddIDs: any text is an id, and texts that differ are different subjects.
func oddIDs(t *testing.T, f fixture) {
	ids := []string{
		"a", "A", " a", "a ", "a#b", "#", "##", ".", "a.b", "1.2.x", "key", "stream#", "stream#a#b", "stream~",
		"é", "e\u0301",
		"größe 🙂", "\x00", "a\x00", "\n", "\u2028", `"`, "%", "a/b", long(personal.MaxSubjectBytes, "1"),
		long(personal.MaxSubjectBytes, "2"), long(personal.MaxSubjectBytes-2, "é"), "$sealed",
	}
	var want []personal.Key
	for i, id := range ids {
		f.creates(t, key(id, 1, byte(i)), key(id, 1, byte(i)))
		f.notes(t, id, account(id), account("1"))
		want = append(want, key(id, 1, byte(i)))
	}
	f.stored(t, ids, want...)
	f.listed(t, want...)
	for i, id := range ids {
		f.stored(t, []string{id}, want[i])
		f.noted(t, id, account(id), account("1"))
		f.forgets(t, id, noon, tombstone(id, 1, noon))
		f.stored(t, slices.Clone(ids[i:]), append([]personal.Key{tombstone(id, 1, noon)}, want[i+1:]...)...)
	}
}

// canceled: no method works after its context ended, and nothing is stored.
func canceled(t *testing.T, f fixture) {
	f.notes(t, "noted", account("1"))
	f.creates(t, key("has one", 1, 1), key("has one", 1, 1))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	errs := f.failures(ended, subject)
	_, errs["Load of none"] = f.Load(ended)
	_, errs["Forget of a key"] = f.Forget(ended, "has one", noon)
	for _, err := range f.Streams(ended, "noted") {
		errs["Streams of one with notes"] = err
	}
	for _, err := range f.Subjects(ended) {
		errs["Subjects"] = err
	}
	for _, method := range []string{
		"Note", "Load", "Load of two", "Load of none", "Create", "Forget", "Forget of a key", "Streams",
		"Streams of one with notes", "Subjects",
	} {
		if err := errs[method]; !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the context ended: %v, want context.Canceled", method, err)
		}
	}
	f.listed(t, key("has one", 1, 1))
	f.noted(t, subject)
}

// stopEarly: a loop over an iterator can end at any element, may call the store, and the iterator can be used again.
func stopEarly(t *testing.T, f fixture) {
	for i := range 3 {
		id := fmt.Sprint(i)
		f.creates(t, key(id, 1, 1), key(id, 1, 1))
		f.notes(t, subject, account(id))
	}
	streams, subjects := f.Streams(t.Context(), subject), f.Subjects(t.Context())
	for most := 1; most <= 3; most++ {
		got := 0
		for stream, err := range streams {
			if err != nil {
				t.Fatal(err)
			}
			f.notes(t, "bob", stream)
			if got++; got == most {
				break
			}
		}
		for key, err := range subjects {
			if err != nil {
				t.Fatal(err)
			}
			f.forgets(t, key.Subject, noon, tombstone(key.Subject, 1, noon))
			if got++; got == 2*most {
				break
			}
		}
		if got != 2*most {
			t.Errorf("%d elements, want %d", got, 2*most)
		}
	}
	f.noted(t, subject, account("0"), account("1"), account("2"))
	f.noted(t, "bob", account("0"), account("1"), account("2"))
	f.listed(t, tombstone("0", 1, noon), tombstone("1", 1, noon), tombstone("2", 1, noon))
}

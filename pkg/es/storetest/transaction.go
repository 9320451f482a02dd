package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

var other = es.StreamID{Type: "Account", ID: "acc-2"}

func allOrNone(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), events(2)...)
	a := es.Append{Writes: []es.Write{
		{Head: f.head(t, stream), Events: events(1)}, {Head: f.Empty(other), Events: events(3)},
	}}
	commits, err := f.Append(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	f.whole(t, stream, 3)
	stored := f.whole(t, other, 3)[0]
	if diff := cmp.Diff(commits[1].Commit, stored); diff != "" {
		t.Errorf("stored commit (-appended +read):\n%s", diff)
	}
	if want := []es.StreamVersion{{Stream: stream, Version: 3}}; !cmp.Equal(stored.Siblings, want) ||
		commits[0].ID != stored.ID {
		t.Errorf("siblings %v of commit %s, want %v of %s", stored.Siblings, stored.ID, want, commits[0].ID)
	}
	// Append again: now the second stream's head is current, and the first's is outdated.
	a.Writes[1].Head = f.head(t, other)
	var conflict *es.ConflictError
	if _, err := f.Append(t.Context(), a); !errors.As(err, &conflict) || conflict.Stream != stream {
		t.Errorf("append to an outdated head: %v, want a conflict on %s", err, stream)
	}
	f.whole(t, stream, 3)
	f.whole(t, other, 3)
}

func checks(t *testing.T, f *fixture) {
	f.must(t, f.Empty(other), events(1)...)
	read := f.head(t, other)
	if _, err := f.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: f.Empty(stream), Events: events(1)}}, Checks: []es.Head{read},
	}); err != nil {
		t.Fatalf("the checked stream has not changed: %v", err)
	}
	f.must(t, read, event(2))
	_, err := f.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: f.head(t, stream), Events: events(1)}}, Checks: []es.Head{read},
	})
	want := es.ConflictError{Stream: other, Expected: 1, Actual: 2}
	var got *es.ConflictError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("the checked stream has changed: %v, want %v", err, &want)
	}
	f.whole(t, stream, 1)
	f.whole(t, other, 2)
}

func oneWinnerOfMany(t *testing.T, f *fixture) {
	a := es.Append{Writes: []es.Write{
		{Head: f.Empty(stream), Events: events(1)}, {Head: f.Empty(other), Events: events(2)},
	}}
	won, conflicts := race(t, 8, func(i int) error {
		mine := a
		if i%2 == 0 { // half of the writers write only the second stream
			mine.Writes = a.Writes[1:]
		}
		_, err := f.Append(t.Context(), mine)
		return err
	})
	if won != 1 || conflicts != 7 {
		t.Errorf("%d writers won and %d saw a conflict, want 1 and 7", won, conflicts)
	}
	f.whole(t, other, 2)
}

func streamTwice(t *testing.T, f *fixture) {
	w := es.Write{Head: f.Empty(stream), Events: events(1)}
	if _, err := f.Append(t.Context(), es.Append{Writes: []es.Write{w, w}}); err == nil {
		t.Error("two writes to one stream were stored")
	}
	if _, err := f.Append(t.Context(), es.Append{Writes: []es.Write{w}, Checks: []es.Head{w.Head}}); err == nil {
		t.Error("a write and a check of one stream were stored")
	}
	f.whole(t, stream, 0)
}

func hundredStreams(t *testing.T, f *fixture) {
	var a es.Append
	id := func(i int) es.StreamID { return es.StreamID{Type: "Account", ID: fmt.Sprint(i)} }
	for i := range es.MaxStreams + 1 {
		a.Writes = append(a.Writes, es.Write{Head: f.Empty(id(i)), Events: events(1)})
	}
	_, err := f.Append(t.Context(), a)
	wantLimit(t, err, es.MaxStreams+1, es.MaxStreams)
	a.Writes = a.Writes[1:]
	if _, err := f.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if c := f.whole(t, id(es.MaxStreams), 1)[0]; len(c.Siblings) != es.MaxStreams-1 {
		t.Errorf("%d siblings, want %d", len(c.Siblings), es.MaxStreams-1)
	}
}

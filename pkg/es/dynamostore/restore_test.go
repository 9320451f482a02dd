package dynamostore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestRestore: a commit is restored unchanged and once. Restore overwrites nothing and refuses changed commits.
func TestRestore(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	open := func() *dynamostore.Store {
		t.Helper()
		st, err := dynamostore.New(client, dynamotest.Table(t, client, eventsTable))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	from, to := open(), open()
	stream := es.StreamID{Type: "Note", ID: "a"}
	large := json.RawMessage(`{"text":"` + strings.Repeat("la ", 2000) + `"}`) // stored compressed
	head := from.Empty(stream)
	for range 2 {
		stored, err := from.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: []es.RawEvent{{Type: "Noted", Schema: 1, Data: large}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
	read := func(st *dynamostore.Store) (all []es.Commit) {
		t.Helper()
		for c, err := range st.Read(t.Context(), stream, es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		return all
	}
	want := read(from)
	for _, first := range []bool{true, false} {
		for i := range want {
			if now, err := to.Restore(t.Context(), &want[i]); err != nil || now != first {
				t.Errorf("commit %d, first time %v: %v, %v", i, first, now, err)
			}
		}
	}
	if diff := cmp.Diff(want, read(to)); diff != "" {
		t.Errorf("restored commits (-before +restored):\n%s", diff)
	}
	changed := want[0]
	changed.ID = "other"
	if _, err := to.Restore(t.Context(), &changed); !errors.As(err, new(*es.CorruptError)) {
		t.Errorf("restore a changed commit: %v, want CorruptError", err)
	}
	changed.Hash = changed.ComputeHash()
	if _, err := to.Restore(t.Context(), &changed); !errors.As(err, new(*es.ConflictError)) {
		t.Errorf("restore another commit of the same version: %v, want an error", err)
	}
	nameless := want[0]
	nameless.Events = []es.RawEvent{{Schema: 1, Data: json.RawMessage(`{}`)}}
	nameless.Hash = nameless.ComputeHash()
	if _, err := open().Restore(t.Context(), &nameless); !errors.As(err, new(*es.CorruptError)) {
		t.Errorf("a commit that cannot be read back: %v", err)
	}
	huge := want[0]
	huge.Events = []es.RawEvent{{
		Type: strings.Repeat("x", storekit.MaxCommitBytes), Schema: 1, Data: json.RawMessage(`{}`),
	}}
	huge.Hash = huge.ComputeHash()
	if _, err := open().Restore(t.Context(), &huge); !errors.As(err, new(*es.LimitError)) {
		t.Errorf("restore a commit that is too large: %v, want LimitError", err)
	}
	if bytes.Equal(changed.Hash, want[0].Hash) {
		t.Error("the id is not hashed")
	}
}

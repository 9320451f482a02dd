package dynamokeys_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
)

// wrote is an event about whoever owns the stream.
type wrote struct {
	Text string `json:"text" personal:"owner"`
}

var diaries = es.Aggregate[int, any]{
	StreamType: "Diary", Events: es.NewRegistry(es.Type[any]("Wrote", 1, wrote{})), Evolve: func(n *int, _ any) { *n++ },
}

// TestAppendCosts: personal data costs a note for each stream and a key for each subject, once. A warm command is one
// PutItem and no read, as without personal data.
func TestAppendCosts(t *testing.T) {
	t.Parallel()
	var meter dynamotest.Meter
	client := dynamotest.Client(t, meter.Metered)
	events := dynamotest.Table(t, client, dynamotest.Unread(dynamostore.EventsTable))
	table := dynamotest.Table(t, client, dynamokeys.Table)
	process := func() *es.Repository[int, any] {
		// With an exact clock, the store does not read the time.
		inner, err := dynamostore.New(client, events, dynamostore.Config{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := dynamokeys.New(client, table)
		if err != nil {
			t.Fatal(err)
		}
		store, err := personal.NewStore(inner, keys)
		if err != nil {
			t.Fatal(err)
		}
		cache, err := lru.New[es.StreamID, any](10)
		if err != nil {
			t.Fatal(err)
		}
		return es.Open(store, diaries, es.RepositoryConfig{StateCache: cache})
	}
	begin := func(r *es.Repository[int, any], id string) error {
		_, err := r.Create(t.Context(), id, es.Command{Meta: es.Meta{Actor: "ada"}}, func() ([]any, error) {
			return []any{wrote{"Dear diary"}}, nil
		})
		return err
	}
	write := func(r *es.Repository[int, any]) error {
		_, err := r.Execute(t.Context(), "1", es.Command{Meta: es.Meta{Actor: "bob"}}, func(int) ([]any, error) {
			return []any{wrote{"It rains"}}, nil
		})
		return err
	}
	first, second := process(), process()
	load := func() error {
		loaded, err := second.Load(t.Context(), "1")
		if err == nil && loaded.State != 2 {
			err = fmt.Errorf("the diary has %d entries, want 2", loaded.State)
		}
		return err
	}
	for _, test := range []struct {
		name        string
		do          func() error
		requests    map[string]int
		write, read float64
	}{
		{"the first event about a subject", func() error { return begin(first, "1") },
			map[string]int{"PutItem": 3, "GetItem": 1}, 3, 1}, // note, key, commit; is there a key?
		{"a warm command", func() error { return write(first) }, map[string]int{"PutItem": 1}, 1, 0},
		{"the first in another stream", func() error { return begin(first, "2") }, map[string]int{"PutItem": 2}, 2, 0},
		{"a load in another process", load, map[string]int{"Query": 1, "GetItem": 1}, 0, 2},
		{"its first command", func() error { return write(second) }, map[string]int{"PutItem": 2}, 2, 0}, // notes again
		{"its second", func() error { return write(second) }, map[string]int{"PutItem": 1}, 1, 0},
	} {
		meter.Take()
		if err := test.do(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		got := meter.Take()
		diff := cmp.Diff(test.requests, got.Requests)
		if diff != "" || got.WriteUnits != test.write || got.ReadUnits != test.read {
			t.Errorf("%s: %v write and %v read units, want %v and %v; requests (-want +got):\n%s",
				test.name, got.WriteUnits, got.ReadUnits, test.write, test.read, diff)
		}
	}
}

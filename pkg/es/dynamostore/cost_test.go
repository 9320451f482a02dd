package dynamostore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// metered opens a store and counts its requests.
func metered(t *testing.T) (*dynamostore.Store, *dynamotest.Meter) {
	t.Helper()
	meter := &dynamotest.Meter{}
	store, err := dynamostore.New(dynamotest.Client(t, meter.Metered),
		dynamotest.Table(t, dynamotest.Client(t), eventsTable), dynamostore.Config{Now: time.Now}) // an exact clock, so that the store does not read the time
	if err != nil {
		t.Fatal(err)
	}
	return store, meter
}

func small(n int) []es.RawEvent {
	events := make([]es.RawEvent, n)
	for i := range events {
		events[i] = es.RawEvent{
			Type: "MoneyDeposited", Schema: 1, Data: json.RawMessage(fmt.Sprintf(`{"amount":"%d.00"}`, i)),
		}
	}
	return events
}

// TestCosts counts requests and units on the wire.
func TestCosts(t *testing.T) {
	t.Parallel()
	store, meter := metered(t)
	a, b := es.StreamID{Type: "Account", ID: "a"}, es.StreamID{Type: "Account", ID: "b"}
	write := func(h es.Head, events ...es.RawEvent) es.Append {
		return es.Append{
			Writes: []es.Write{{Head: h, Events: events}}, Meta: es.Meta{CorrelationID: "0b0e6a4e-9f0a-4a53-b3a7-1d1f0d9c5a10"},
		}
	}
	load := func(s es.StreamID) es.Head {
		h, err := store.Load(t.Context(), store.Empty(s), func(*es.Commit) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	must := func(a es.Append) {
		if _, err := store.Append(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name  string
		do    func()
		want  map[string]int
		units func() float64
	}{
		{
			"new stream", func() { must(write(store.Empty(a), small(1)...)) },
			map[string]int{"PutItem": 1}, func() float64 { return 1 },
		},
		{
			"load and append", func() { must(write(load(a), small(1)...)) },
			map[string]int{"Query": 1, "PutItem": 1}, func() float64 { return 1 + 1 },
		},
		{
			"100 events", func() { must(write(store.Empty(b), small(es.MaxEvents)...)) },
			map[string]int{"PutItem": 1}, func() float64 { return 4 },
		},
		{"two streams", func() {
			ha, hb := load(a), load(b)
			meter.Take()
			must(es.Append{Writes: []es.Write{{Head: ha, Events: small(1)}, {Head: hb, Events: small(1)}}})
		}, map[string]int{"TransactWriteItems": 1}, func() float64 { return 4 }},
		{"head", func() { _, _ = store.Head(t.Context(), a) }, map[string]int{"Query": 1}, func() float64 { return 1 }},
	} {
		meter.Take()
		test.do()
		got := meter.Take()
		if diff := cmp.Diff(test.want, got.Requests); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", test.name, diff)
		}
		if want := test.units(); got.Units() != want {
			t.Errorf("%s: %v units, want %v", test.name, got.Units(), want)
		}
	}
}

func kilobytes(bytes int) float64 { return float64((bytes + 1023) / 1024) }

// TestSizeIsDynamoDBs: the size that is checked against the limit is exactly the size that DynamoDB charges.
func TestSizeIsDynamoDBs(t *testing.T) {
	t.Parallel()
	store, meter := metered(t)
	s := es.StreamID{Type: "Account", ID: "größe"}
	fill := func(h es.Head, bytes int) es.Append {
		return es.Append{
			Writes: []es.Write{{Head: h, Events: []es.RawEvent{
				{Type: "F", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("x", bytes) + `"`)},
				{Type: "F", Schema: 12, Data: json.RawMessage(`"é"`)},
			}}},
			Meta:    es.Meta{CorrelationID: "c", Actor: "a", Extra: map[string]string{"k": "v", "key": ""}},
			Command: es.CommandRef{ID: "id", Fingerprint: "fp"},
		}
	}
	head := store.Empty(s)
	for range 2 { // without and with a prev hash
		probe, err := store.Append(t.Context(), fill(head, 1))
		if err != nil {
			t.Fatal(err)
		}
		room := 1024 - storekit.Size(&probe[0].Commit) + 1 // bytes left in the write unit
		if len(probe[0].Prev) == 0 {
			room -= len("prev") + 32
		}
		if head, err = store.Head(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		meter.Take()
		c, err := store.Append(t.Context(), fill(head, room))
		if err != nil {
			t.Fatal(err)
		}
		if got := meter.Take().Units(); got != 1 || storekit.Size(&c[0].Commit) != 1024 {
			t.Errorf("commit of %d bytes: %v units, want 1", storekit.Size(&c[0].Commit), got)
		}
		if head, err = store.Head(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCompression: payloads are compressed only if that saves a write unit.
func TestCompression(t *testing.T) {
	t.Parallel()
	store, meter := metered(t)
	for i, test := range []struct {
		name   string
		events []es.RawEvent
		units  float64
	}{
		{"100 small events", small(es.MaxEvents), 4},
		{
			"one flat event of 200 KB",
			[]es.RawEvent{{Type: "Noted", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("x", 200_000) + `"`)}}, 1,
		},
		{
			"over the limit unless compressed",
			[]es.RawEvent{{Type: "Noted", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("xy", 400_000) + `"`)}}, 1,
		},
	} {
		meter.Take()
		c, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{
			Head: store.Empty(es.StreamID{Type: "Account", ID: fmt.Sprint(i)}), Events: test.events,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := meter.Take().Units(); got != test.units {
			t.Errorf("%s, %v KB: %v units, want %v", test.name, kilobytes(storekit.Size(&c[0].Commit)), got, test.units)
		}
		for stored, err := range store.Read(t.Context(), c[0].Stream, es.Range{}) {
			if diff := cmp.Diff(c[0].Commit, stored); err != nil || diff != "" {
				t.Errorf("%s: read the commit: %v (-appended +read):\n%s", test.name, err, diff)
			}
		}
	}
	huge := []es.RawEvent{{Type: "Noted", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("x", 17<<20) + `"`)}}
	_, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: store.Empty(acc1), Events: huge}}})
	if !errors.As(err, new(*es.LimitError)) {
		t.Errorf("17 MB: %v, want a limit error", err)
	}
}

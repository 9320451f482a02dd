package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/integration"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

var update = flag.Bool("update", false, "rewrite the schemas of integration events and the golden files of published "+
	"events")

// bus collects what it is sent, or fails.
type bus struct {
	sent []publish.Message
	err  error
}

func (b *bus) Send(_ context.Context, m publish.Message) error {
	if b.err != nil {
		return b.err
	}
	b.sent = append(b.sent, m)
	return nil
}

// publisher is a publisher on a store of its own.
func publisher(b *bus) (*projection.Engine, *memview.View) {
	view := memview.New(memview.Config{})
	sub := projection.Subscription{
		Projection: publish.NewPublisher(b, "/annals/Test", shop.New().PublicPrefix, shop.New().Public...), View: view,
	}
	return projection.NewEngine(memstore.New(memstore.Config{}), memview.NewCatalog(),
		projection.Config{Parallel: 1}, sub), view
}

var at = time.Now().UTC().Truncate(time.Microsecond)

// commit is a commit of a request that was sent some time after the event happened.
func commit(stream es.StreamID, events ...es.RawEvent) es.Commit {
	return es.Commit{
		Stream: stream, Version: 1, ID: "commit-1", At: at, Events: events, Hash: []byte{1},
		Meta: es.Meta{
			CorrelationID: "corr-1",
			CausationID:   "request-1",
			Actor:         "Ada Lovelace",
			OccurredAt:    time.Date(2026, 1, 31, 13, 0, 0, 0, time.FixedZone("CET", 3600)),
		},
	}
}

// sample is a stored event from a golden file.
type sample struct {
	es.RawEvent
	// note describes what is special about it, such as "retired-currency". If it is empty, its public form has a golden
	// file too.
	note string
}

// registries are the registries of all aggregates with public events, by stream type.
var registries = map[string]interface {
	GoTypes() []reflect.Type
	StoredTypes() []es.StoredType
}{
	account.Aggregate.StreamType: account.Aggregate.Events,
	order.Aggregate.StreamType:   order.Aggregate.Events,
	product.Aggregate.StreamType: product.Aggregate.Events,
}

// stored are all events that were ever stored, by stream type: the golden files.
func stored(t *testing.T) map[string][]sample {
	t.Helper()
	all := map[string][]sample{}
	for streamType := range registries {
		files, err := filepath.Glob("../" + strings.ToLower(streamType) + "/testdata/golden/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d golden files, %v, want at least one", streamType, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, rest, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), ".v")
			number, note, _ := strings.Cut(rest, ".")
			schema, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			all[streamType] = append(all[streamType], sample{
				es.RawEvent{Type: name, Schema: schema, Data: bytes.TrimSpace(text)}, note,
			})
		}
	}
	return all
}

// TestAllStoredEvents: each event that was ever stored is published as in its golden file, or is private by decision.
// Personal texts are never published.
func TestAllStoredEvents(t *testing.T) {
	t.Parallel()
	published := map[string]bool{}
	for streamType, events := range stored(t) {
		for _, raw := range events {
			b := &bus{}
			engine, view := publisher(b)
			stream := es.StreamID{Type: streamType, ID: "id-1"}
			if failed := engine.Apply(t.Context(), []es.Commit{commit(stream, raw.RawEvent)}); len(failed) > 0 {
				t.Errorf("publish %s: %v", raw.Type, failed)
			}
			for p := range view.Parked(t.Context(), 1) {
				t.Errorf("%s is parked: %s", raw.Type, p.Error)
			}
			for _, m := range b.sent {
				published[m.Type] = true
				if raw.note == "" {
					golden(t, m)
				}
				conforms(t, m)
			}
		}
	}
	for _, data := range integration.Types {
		if !published[shop.New().PublicPrefix+data.Type()] {
			t.Errorf("no stored event is published as %s", data.Type())
		}
	}
	if len(published) != len(integration.Types) {
		t.Errorf("%d types of events are published, %d are declared", len(published), len(integration.Types))
	}
}

// golden compares an event with its file.
func golden(t *testing.T, m publish.Message) {
	t.Helper()
	for _, private := range []string{
		"Ada", "Lovelace", "example.com", "Street", "trackingNumber", "email", "description",
	} {
		if strings.Contains(string(m.Detail), private) {
			t.Errorf("the published %s has %q: %s", m.Type, private, m.Detail)
		}
	}
	var text bytes.Buffer
	if err := json.Indent(&text, m.Detail, "", "  "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	file := filepath.Join("testdata", "golden", strings.TrimPrefix(m.Type, shop.New().PublicPrefix)+".json")
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: write it with -update", err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s is no longer what consumers get (-was +is):\n%s", m.Type, diff)
	}
}

// TestEveryEventIsDecidedOn: a new event type is public or private by an explicit decision.
func TestEveryEventIsDecidedOn(t *testing.T) {
	t.Parallel()
	for streamType, registry := range registries {
		for _, event := range registry.GoTypes() {
			if _, err := mapped(reflect.Zero(event).Interface()); err != nil {
				t.Error(err)
			}
		}
		for _, typ := range registry.StoredTypes() {
			if !slices.ContainsFunc(stored(t)[streamType], func(raw sample) bool {
				return raw.Type == typ.Name && raw.Schema == typ.Schema
			}) {
				t.Errorf("%s schema %d has no golden file, so nothing shows what it is outside", typ.Name, typ.Schema)
			}
		}
	}
	type surprise struct{ account.Event }
	if data, err := mapped(surprise{}); err == nil || data != nil {
		t.Errorf("an event that is not decided on is %v", data)
	}
}

// mapped is the public form of an event.
func mapped(event any) (publish.Data, error) {
	switch e := event.(type) {
	case account.Event:
		return integration.OfAccount("a", e)
	case order.Event:
		return integration.OfOrder("a", e)
	}
	return integration.OfProduct("a", event.(product.Event))
}

// TestIDs: an event has the same id whenever it is sent, and no other event has it.
func TestIDs(t *testing.T) {
	t.Parallel()
	closed := es.RawEvent{Type: "AccountClosed", Schema: 1, Data: []byte(`{}`)}
	b := &bus{}
	for range 2 {
		engine, _ := publisher(b)
		engine.Apply(t.Context(), []es.Commit{
			commit(es.StreamID{Type: "Account", ID: "a"}, closed, closed), commit(es.StreamID{Type: "Account", ID: "b"}, closed),
		})
	}
	seen := map[string]int{}
	for _, m := range b.sent {
		var event publish.CloudEvent
		if err := json.Unmarshal(m.Detail, &event); err != nil {
			t.Fatal(err)
		}
		seen[event.ID]++
	}
	if len(b.sent) != 6 || len(seen) != 3 {
		t.Errorf("%d sent, with %d ids", len(b.sent), len(seen))
	}
	// Consumers store ids to recognize repeats, so ids must outlive the code that made them.
	for _, id := range []string{"P1hM_M8I87CtXntECklz1g", "eVkf8Dpxcw7tMgbUeT7i1w", "wdU7kVgM4gBvEFu9zzU3SA"} {
		if seen[id] != 2 {
			t.Errorf("%s was sent %d times, want 2: consumers take events sent again for new ones: %v", id, seen[id], seen)
		}
	}
}

// TestFailures: a transient error fails the delivery, because there is no queue here; a permanent one parks the stream.
func TestFailures(t *testing.T) {
	t.Parallel()
	closed := commit(es.StreamID{Type: "Account", ID: "a"}, es.RawEvent{
		Type: "AccountClosed", Schema: 1, Data: []byte(`{}`),
	})
	for err, parks := range map[error]bool{
		&publish.UnavailableError{Err: errors.New("throttled")}: false,
		errors.New("too large"):                                 true,
	} {
		engine, view := publisher(&bus{err: err})
		failed := engine.Apply(t.Context(), []es.Commit{closed})
		parked := slices.Collect(func(yield func(projection.Parked) bool) {
			for p := range view.Parked(t.Context(), 1) {
				yield(p.Parked)
			}
		})
		if len(failed) == 0 != parks || len(parked) > 0 != parks {
			t.Errorf("%v: failed %v, parked %v", err, failed, parked)
		}
	}
}

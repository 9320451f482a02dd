package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// meter counts requests.
type meter struct{ view, catalog, store faults }

// metered is an engine of a new process with empty caches, and the meter of its requests.
func (b *bench) metered(
	cfg projection.Config, newest projection.Projection, former ...projection.Projection,
) (*projection.Engine, *meter) {
	m := &meter{view: faults{fail: -1}, catalog: faults{fail: -1}, store: faults{fail: -1}}
	return b.engineOn(m.store.reader(b.store), m.view.view(b.view), m.catalog.catalog(b.catalog), cfg, newest, former...),
		m
}

// want fails the test unless exactly that many requests were made, and resets the meter.
func (m *meter) want(t *testing.T, when string, view, catalog, store int) {
	t.Helper()
	if m.view.calls != view || m.catalog.calls != catalog || m.store.calls != store {
		t.Errorf("%s: %d requests to the view, %d to the catalog, %d to the store, want %d, %d, %d",
			when, m.view.calls, m.catalog.calls, m.store.calls, view, catalog, store)
	}
	m.view.calls, m.catalog.calls, m.store.calls = 0, 0, 0
}

// TestUnconcernedCostNothing: commits of which no event has a handler cost no request. A process that saw all of them
// misses nothing later; another process reads the store.
func TestUnconcernedCostNothing(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := ledgerOf(1, "")
	if err := b.engineOf(projection.Config{}, fold).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, m := b.metered(projection.Config{}, fold)
	pass := func(when string, e *projection.Engine, m *meter, commits ...es.Commit) {
		t.Helper()
		apply(t, e, commits...)
		m.want(t, when, 0, 0, 0)
	}
	first := b.write(t, "a", Swollen{1})
	pass("the first, cold", e, m, first)
	pass("a duplicate", e, m, first, first)
	apply(t, e, b.write(t, "a", Noted{"x"}))
	m.want(t, "the first that concerns it", 1, 1, 0)
	c3, c4 := b.write(t, "a", Swollen{1}, Misplaced{1}), b.write(t, "a", Misplaced{1})
	pass("in order", e, m, c3)
	pass("with a duplicate", e, m, c3, c4)
	pass("duplicates, out of order", e, m, c4, c3)
	apply(t, e, c3, b.write(t, "a", Noted{"y"}))
	m.want(t, "all before was seen", 1, 1, 0)

	cold, n := b.metered(projection.Config{}, fold)
	pass("cold", cold, n, b.write(t, "a", Swollen{1}))
	c8 := b.write(t, "a", Swollen{1})
	pass("cold, a duplicate of the first", cold, n, first)
	pass("cold, the next", cold, n, c8)
	apply(t, cold, b.write(t, "a", Noted{"x"}))
	n.want(t, "the span began somewhere else", 2, 1, 1)

	b.write(t, "a", Swollen{1})
	unseen := b.write(t, "a", Noted{"z"})
	apply(t, e, unseen)
	m.want(t, "another process was there, and one was not seen", 2, 1, 1)
	pass("warm", e, m, b.write(t, "a", Swollen{1}))
	apply(t, e, b.write(t, "a", Noted{"z"}))
	m.want(t, "warm", 1, 1, 0)
	b.wantShown(t, 1, fold, "a")
	if owner := b.at(t, 1, "a").Owner; owner != "ann" {
		t.Errorf("the owner is %q", owner)
	}
}

// TestNoMemory: without a cache nothing is lost, and each commit that concerns the projection reads what is missing.
func TestNoMemory(t *testing.T) {
	t.Parallel()
	for _, size := range []int{-1, 1} {
		b := newBench()
		e, m := b.metered(projection.Config{CacheSize: size}, ledgerOf(1, ""))
		for range 3 {
			for _, id := range []string{"a", "b"} {
				apply(t, e, b.write(t, id, Swollen{1}))
			}
			m.view.calls, m.catalog.calls, m.store.calls = 0, 0, 0
			for _, id := range []string{"a", "b"} {
				apply(t, e, b.write(t, id, Noted{"x"}))
			}
			if m.store.calls == 0 {
				t.Errorf("size %d: the store was not read", size)
			}
		}
		b.wantShown(t, 1, ledgerOf(1, ""), "a", "b")
	}
}

// TestStoredEvery: a checkpoint is stored once in 50 versions, whatever the events, also if a commit goes past that
// version, or if the process started in between.
func TestStoredEvery(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := ledgerOf(1, "")
	e, m := b.metered(projection.Config{}, fold)
	apply(t, e, b.write(t, "a", Noted{"x"}))
	var stored []int64
	m.want(t, "registered", 1, 2, 0)
	version := int64(1)
	for i := range 70 {
		events := []noteEvent{Swollen{1}, Swollen{1}, Misplaced{1}, Swollen{1}}[:1+i%4]
		if i == 30 {
			e, m = b.metered(projection.Config{}, fold)
		}
		apply(t, e, b.write(t, "a", events...))
		switch at := b.at(t, 1, "a").Version; {
		case at != version:
			stored, version = append(stored, at), at
			m.view.calls, m.catalog.calls, m.store.calls = 0, 0, 0
		default:
			m.want(t, fmt.Sprint("commit ", i), 0, 0, 0)
		}
	}
	if diff := cmp.Diff([]int64{51, 101, 151}, stored); diff != "" {
		t.Errorf("stored at (-want +got):\n%s", diff)
	}
	b.wantShown(t, 1, fold, "a")
}

// TestWhatConcerns: an unknown type parks the stream until newer code arrives, and a type with an upcaster is applied.
// Both also hold if the commits before were not seen.
func TestWhatConcerns(t *testing.T) {
	t.Parallel()
	b := newBench()
	events := es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Swollen", 2, Swollen{})).
		Upcast("Swollen", 1, es.UpcastFunc(func(json.RawMessage) ([]es.RawEvent, error) { return nil, nil }))
	fold := handling(1, events, false)
	e, m := b.metered(projection.Config{}, fold)
	apply(t, e, b.write(t, "old", Noted{"x"}))
	m.want(t, "registered", 1, 2, 0)
	apply(t, e, b.write(t, "old", Swollen{1}))
	m.want(t, "of an old schema", 1, 1, 0)
	apply(t, e, b.writeRaw(t, "old", es.RawEvent{Type: "Swollen", Schema: 2, Data: json.RawMessage(`{}`)}))
	m.want(t, "of the schema of today", 0, 0, 0)
	if at := b.at(t, 1, "old"); at.Version != 2 {
		t.Errorf("checkpoint of old: version %d, want 2", at.Version)
	}
	apply(t, e, b.writeRaw(t, "new", es.RawEvent{Type: "Unheard", Schema: 1, Data: json.RawMessage(`{}`)}))
	apply(t, e, b.writeRaw(t, "newer", es.RawEvent{Type: "Swollen", Schema: 2, Data: json.RawMessage(`{}`)}))
	apply(t, e, b.writeRaw(t, "newer", es.RawEvent{Type: "Swollen", Schema: 3, Data: json.RawMessage(`{}`)}))
	got := map[string]projection.Reason{}
	for p, err := range b.view.Parked(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		got[fmt.Sprint(p.Stream.ID, p.Version)] = p.Reason
	}
	want := map[string]projection.Reason{"new1": projection.NeedsNewerCode, "newer2": projection.NeedsNewerCode}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
}

// picky handles Noted events, and records them.
type picky struct{ heard []string }

func (p *picky) Name() string                         { return "log" }
func (p *picky) Reads(streamType string) bool         { return streamType == "Note" }
func (p *picky) Handles(_ string, e es.RawEvent) bool { return e.Type == "Noted" }
func (p *picky) Transient(error) bool                 { return false }
func (p *picky) RetryFromQueue() bool                 { return false }
func (p *picky) StoredTypes() map[string][]es.StoredType {
	return map[string][]es.StoredType{"Note": {{Name: "Noted", Schema: 1}, {Name: "Swollen", Schema: 1}}}
}

func (p *picky) Handle(_ context.Context, c *es.Commit, i int) error {
	p.heard = append(p.heard, fmt.Sprint(c.Stream.ID, c.Version+int64(i)))
	return nil
}

// TestReactionPassesOver: a reaction stores one checkpoint for what it handles, and reads nothing for other commits.
// Its record never changes, so each process reads it once.
func TestReactionPassesOver(t *testing.T) {
	t.Parallel()
	b := newBench()
	p := &picky{}
	e, m := b.metered(projection.Config{}, projection.FromHandler(p))
	apply(t, e, b.write(t, "a", Noted{"x"}))
	m.want(t, "the first", 2, 2, 0)
	c2 := b.write(t, "a", Swollen{1})
	apply(t, e, c2)
	m.want(t, "passed over", 0, 0, 0)
	c3 := b.write(t, "a", Swollen{1}, Noted{"y"}, Swollen{1})
	apply(t, e, c3, c2)
	m.want(t, "all before was seen", 1, 0, 0)
	apply(t, e, c3)
	m.want(t, "a duplicate", 0, 0, 0)
	b.write(t, "a", Noted{"missed"})
	apply(t, e, b.write(t, "a", Swollen{1}))
	m.want(t, "behind what was missed", 0, 0, 0)
	apply(t, e, b.write(t, "a", Noted{"z"}))
	if diff := cmp.Diff([]string{"a1", "a4", "a6", "a8"}, p.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// TestInlineIsConcerned: the checkpoint of an inline projection stays at the head, whatever is stored.
func TestInlineIsConcerned(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := projection.New("log", 1, projection.From(noted(notes),
		projection.On(func(s *notebook, e projection.Event[Noted], _ *projection.Writes) error {
			s.Texts = append(s.Texts, e.Data.Text)
			return nil
		})))
	e := b.engineFor(projection.Subscription{Projection: fold, View: b.view, Inline: true})
	for _, event := range []noteEvent{Swollen{1}, Noted{"x"}, Swollen{1}} {
		c := b.write(t, "a", event)
		apply(t, e, c)
		if at := b.at(t, 1, "a"); at.Version != c.Version {
			t.Errorf("at %d, and the stream at %d", at.Version, c.Version)
		}
	}
	if at := b.at(t, 1, "a"); at.Owner != "ann" {
		t.Errorf("the owner is %q", at.Owner)
	}
}

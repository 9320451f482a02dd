package projection_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// named is a projection that keeps texts, with a name and the names that it replaces.
func (b *bench) named(name string, replaces ...string) projection.Subscription {
	fold := projection.New(name, 1, projection.From(noted(notes),
		projection.On(func(s *notebook, e projection.Event[Noted], _ *projection.Writes) error {
			s.Texts = append(s.Texts, e.Data.Text)
			return nil
		})))
	if b.views == nil {
		b.views = map[string]projection.View{}
	}
	if b.views[name] == nil {
		b.views[name] = newBench().view
	}
	return projection.Subscription{Projection: fold, View: b.views[name], Replaces: replaces}
}

func (b *bench) engineFor(subs ...projection.Subscription) *projection.Engine {
	cfg := projection.Config{Now: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler)}
	return projection.NewEngine(b.store, b.catalog, cfg, subs...)
}

func (b *bench) readerFor(subs ...projection.Subscription) *projection.Reader {
	return projection.NewReader(b.store, b.catalog, projection.ReaderConfig{Now: func() time.Time {
		return b.now
	}}, subs...)
}

// wantReadable fails the test unless exactly these projections can be opened, and report that they are ready, by new
// readers.
func (b *bench) wantReadable(t *testing.T, when string, want string, subs ...projection.Subscription) {
	t.Helper()
	var got []string
	for _, sub := range subs {
		r, name := b.readerFor(subs...), sub.Projection.Name()
		ready, err := r.Ready(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Open(t.Context(), name)
		if refused := errors.As(err, new(*projection.NotFilledError)); ready == refused || err != nil && !refused {
			t.Errorf("%s: %s is ready: %v, but %v", when, name, ready, err)
		}
		if ready {
			got = append(got, name)
		}
	}
	if have := strings.Join(got, " "); have != want {
		t.Errorf("%s: readable are %q, want %q", when, have, want)
	}
}

// wantRecords fails the test unless the engine's projections are own, and the registered ones are registered.
func (b *bench) wantRecords(t *testing.T, when string, e *projection.Engine, own, registered string) {
	t.Helper()
	all, err := e.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Projection)
	}
	slices.Sort(names)
	stored, err := b.catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != own {
		t.Errorf("%s: the engine has %q, want %q", when, got, own)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(stored)), " "); got != registered {
		t.Errorf("%s: registered are %q, want %q", when, got, registered)
	}
}

// TestAddedProjection: a projection that is added to existing ones is not read before it is filled and all readers know
// that. The projections of a new system are read at once, whichever process registers them.
func TestAddedProjection(t *testing.T) {
	t.Parallel()
	b := newBench()
	one, two, added := b.named("one"), b.named("two"), b.named("added")
	b.wantReadable(t, "nothing is registered", "one two", one, two)
	apply(t, b.engineFor(one), b.write(t, "a", Noted{"x"}))
	b.now = b.now.Add(50 * time.Second)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _ = b.engineFor(one, two).Start(t.Context()) })
	}
	wg.Wait()
	if err := b.engineFor(one, two).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wantReadable(t, "fresh", "one two", one, two)
	b.now = b.now.Add(time.Hour)
	b.wantReadable(t, "before it is registered", "one two", one, two, added)
	e := b.engineFor(one, two, added)
	for range 2 {
		wg.Go(func() { _ = b.engineFor(one, two, added).Start(t.Context()) })
	}
	wg.Wait()
	apply(t, e, b.write(t, "b", Noted{"y"}))
	b.wantReadable(t, "before it is filled", "one two", one, two, added)
	if err := b.rebuilder(e).FillNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wantReadable(t, "right after it is filled", "one two", one, two, added)
	b.now = b.now.Add(projection.RecordCacheAge)
	b.wantReadable(t, "once all know", "one two added", one, two, added)
	all, err := added.View.Checkpoints(t.Context(), 1, note("a"), note("b"))
	if err != nil || all[note("a")].Version != 1 || all[note("b")].Version != 1 {
		t.Errorf("checkpoints of the added projection: %v, %v, want version 1 of both", all, err)
	}
}

// TestAddedRightAfterASwap: an added projection is also late if the others were rebuilt just before.
func TestAddedRightAfterASwap(t *testing.T) {
	t.Parallel()
	b := newBench()
	one, added := b.named("one"), b.named("added")
	e := b.engineFor(one)
	apply(t, e, b.write(t, "a", Noted{"x"}))
	b.now = b.now.Add(time.Hour)
	if _, _, err := b.rebuilder(e).Run(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
	if err := b.engineFor(one, added).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wantReadable(t, "added", "one", one, added)
}

// TestReplacement: a replaced projection is fed and read until its successor is read, and fed a while longer. In a new
// system it does not exist.
func TestReplacement(t *testing.T) {
	t.Parallel()
	b := newBench()
	one, two, heir := b.named("one"), b.named("two"), b.named("heir", "one", "two")
	apply(t, b.engineFor(one, two), b.write(t, "a", Noted{"x"}))
	b.now = b.now.Add(time.Hour)
	e := b.engineFor(one, heir, two)
	fed := func(when string, want int64) {
		t.Helper()
		c := b.write(t, "a", Noted{"x"})
		apply(t, e, c)
		for _, sub := range []projection.Subscription{one, two, heir} {
			all, err := sub.View.Checkpoints(t.Context(), 1, note("a"))
			if err != nil {
				t.Fatal(err)
			}
			now := want
			if sub.Projection.Name() == "heir" {
				now = c.Version
			}
			if at := all[note("a")].Version; at != now {
				t.Errorf("%s: %s is at %d, want %d", when, sub.Projection.Name(), at, now)
			}
		}
	}
	b.wantRecords(t, "before it is registered", e, "heir one two", "one two")
	fed("before it is filled", 2)
	b.wantRecords(t, "before it is filled", e, "heir one two", "heir one two")
	if err := b.rebuilder(e).FillNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	fed("filled", 3)
	b.now = b.now.Add(projection.RecordCacheAge)
	b.wantReadable(t, "all know", "one heir two", one, heir, two)
	fed("some may read what is replaced", 4)
	b.now = b.now.Add(time.Hour)
	fed("no reader reads what is replaced", 4)
	b.wantRecords(t, "no reader reads what is replaced", e, "heir", "heir one two")

	fresh := newBench()
	one, two, heir = fresh.named("one"), fresh.named("two"), fresh.named("heir", "one", "two")
	e = fresh.engineFor(one, heir, two)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	apply(t, e, fresh.write(t, "a", Noted{"x"}))
	fresh.wantRecords(t, "fresh", e, "heir", "heir")
}

// TestChainOfReplacements: in a new system, a projection whose replacement is replaced does not exist either, in any
// order of declaration.
func TestChainOfReplacements(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			b := newBench()
			all := []projection.Subscription{b.named("one"), b.named("two", "one"), b.named("three", "two")}
			subs := make([]projection.Subscription, len(all))
			for i, n := range order {
				subs[i] = all[n]
			}
			e := b.engineFor(subs...)
			if err := e.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.wantRecords(t, "fresh", e, "three", "three")
		})
	}
}

// TestSuccessorIsLate: the successor of a registered projection is late, however recently that was registered.
func TestSuccessorIsLate(t *testing.T) {
	t.Parallel()
	b := newBench()
	old := b.named("old")
	c := b.write(t, "a", Noted{"x"})
	apply(t, b.engineFor(old), c)
	subs := []projection.Subscription{b.named("new", "old"), old}
	b.wantReadable(t, "before it is registered", "old", subs...)
	if err := b.engineFor(subs...).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wantReadable(t, "before it is filled", "old", subs...)
}

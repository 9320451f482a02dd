package estest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// Encoder encodes events to their stored form. Every [es.Registry] is an Encoder.
type Encoder interface {
	// EncodeAny returns the stored form of an event.
	//
	// Errors: those of [es.Registry.EncodeAny].
	EncodeAny(event any) (es.RawEvent, error)
}

// Projected tests one projection: given these events, then these are its rows. Failed expectations are reported to the
// test at once. Make one with [Project].
type Projected struct {
	t          T
	projection projection.Projection
	encoders   []Encoder
	store      *personal.Store
	view       *memview.View
	engine     *projection.Engine
	clock      *Clock
	meta       es.Meta
	expected   map[es.StreamID]bool // streams expected to be parked
}

// Project returns a Projected on a store and a view in memory. The encoders are the registries of the aggregates whose
// events the test gives. Commits are recorded one second apart, the first at 2026-01-01 00:00:01 UTC.
func Project(t T, p projection.Projection, encoders ...Encoder) *Projected {
	clock := NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	f := &Projected{
		t: t, projection: p, encoders: encoders, clock: clock, expected: map[es.StreamID]bool{},
		view: memview.New(),
	}
	var err error
	if f.store, err = personal.NewStore(memstore.New(memstore.Config{Now: clock.Now}), memkeys.New()); err != nil {
		panic(err) // there is no configuration to be wrong
	}
	f.engine = newEngine(f.store, f.view, memview.NewCatalog(), p, projection.Config{})
	return f
}

func newEngine(
	store es.Reader, view projection.View, catalog projection.Catalog, p projection.Projection, cfg projection.Config,
) *projection.Engine {
	cfg.Parallel, cfg.Log = 1, slog.New(slog.DiscardHandler)
	return projection.NewEngine(store, catalog, cfg, projection.Subscription{Projection: p, View: view})
}

// With sets the metadata of the following commits, such as Actor or OccurredAt.
func (f *Projected) With(meta es.Meta) *Projected {
	f.meta = meta
	return f
}

// Given appends events to a stream as one commit, and delivers it to the projection.
func (f *Projected) Given(stream es.StreamID, events ...any) *Projected {
	f.t.Helper()
	if err := f.given(context.Background(), stream, events); err != nil {
		f.t.Errorf("given %s: %v", stream, err)
	}
	return f
}

func (f *Projected) given(ctx context.Context, stream es.StreamID, events []any) error {
	raw := make([]es.RawEvent, len(events))
	for i, event := range events {
		var err error
		if raw[i], err = f.encode(event); err == nil {
			raw[i], err = raw[i].OwnedBy(cmp.Or(f.meta.Actor, owner))
		}
		if err != nil {
			return err
		}
	}
	head, err := f.store.Head(ctx, stream)
	if err != nil {
		return err
	}
	f.clock.Advance(time.Second)
	stored, err := f.store.Append(ctx, es.Append{Writes: []es.Write{{Head: head, Events: raw}}, Meta: f.meta})
	if err != nil {
		return err
	}
	return f.engine.Apply(ctx, []es.Commit{stored[0].Commit})[stream]
}

func (f *Projected) encode(event any) (es.RawEvent, error) {
	for _, encoder := range f.encoders {
		if raw, err := encoder.EncodeAny(event); err == nil {
			return raw, nil
		}
	}
	return es.RawEvent{}, fmt.Errorf("%T is in none of the registries given to Project", event)
}

// Chaos runs [Chaos] with the events given so far.
func (f *Projected) Chaos() *Projected {
	f.t.Helper()
	Chaos(f.t, f.projection, f.store)
	return f
}

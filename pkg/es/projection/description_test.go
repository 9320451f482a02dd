package projection_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// described makes a subscription again of a description that went through JSON.
func described(t *testing.T, s projection.Subscription) projection.Subscription {
	t.Helper()
	text, err := json.Marshal(s.Describe())
	if err != nil {
		t.Fatal(err)
	}
	var d projection.Description
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Describe(), d); diff != "" {
		t.Errorf("description after JSON (-before +after):\n%s", diff)
	}
	return d.Subscription(s.View)
}

// TestDescribedEngine: an engine that knows descriptions answers what one with the code does, and can't write.
func TestDescribedEngine(t *testing.T) {
	t.Parallel()
	b := newBench()
	sub := projection.Subscription{
		Projection: handling(2, notes, true), Former: []projection.Projection{handling(1, notes, false)}, View: b.view,
	}
	real := projection.NewEngine(b.store, b.catalog, projection.Config{}, sub)
	blind := projection.NewEngine(b.store, b.catalog, projection.Config{}, described(t, sub))
	first := b.write(t, "a", Noted{"x"})
	if records, err := blind.Records(t.Context()); err != nil || len(records) != 1 || records[0].Revision != 0 ||
		records[0].Builds[0].Fold != 2 {
		t.Errorf("before anything is registered: %+v, %v", records, err)
	}
	if stored, err := b.catalog.Records(t.Context()); err != nil || len(stored) != 0 {
		t.Errorf("records after the start: %+v, %v, want none", stored, err)
	}
	apply(t, real, first)
	b.write(t, "a", Swollen{1})
	b.write(t, "b", Misplaced{1})
	for _, v := range []es.StreamVersion{
		{Stream: note("a"), Version: 1}, {Stream: note("a"), Version: 2}, {Stream: note("b"), Version: 1},
	} {
		want, err1 := real.StreamProgress(t.Context(), v)
		got, err2 := blind.StreamProgress(t.Context(), v)
		if err1 != nil || err2 != nil || len(want) != 1 {
			t.Fatal(want, err1, err2)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-with the code +by the description):\n%s", v, diff)
		}
	}
	before, err := b.catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, r := t.Context(), projection.NewRebuilder(blind, b.store, projection.RebuildConfig{})
	for name, change := range map[string]func() error{
		"apply":    func() error { return blind.Apply(ctx, []es.Commit{first})[note("a")] },
		"catch up": func() error { return blind.CatchUp(ctx, note("a")) },
		"retry":    func() error { return blind.RetryStream(ctx, note("a"), "log") },
		"start":    func() error { return blind.Start(ctx) },
		"refold":   func() error { _, err := blind.Refold(ctx, []es.StreamID{note("a")}); return err },
		"begin":    func() error { _, err := r.Begin(ctx, "log"); return err },
		"rollback": func() error { _, err := r.Rollback(ctx, "log"); return err },
		"abandon":  func() error { return r.Abandon(ctx, "log") },
		"compare":  func() error { _, err := r.Reconcile(ctx); return err },
	} {
		if err := change(); !errors.Is(err, projection.ErrDescribed) {
			t.Errorf("%s: %v, want ErrDescribed", name, err)
		}
	}
	after, err := b.catalog.Records(t.Context())
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v, the catalog was changed:\n%s", err, diff)
	}
}

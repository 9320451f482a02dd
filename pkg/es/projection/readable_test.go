package projection_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// TestUnreadable: a state that the serving fold can't decode is found, and nothing is changed.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench()
	reader := func(fold projection.Projection) *projection.Reader {
		sub := projection.Subscription{Projection: fold, View: b.view}
		return projection.NewReader(b.store, b.catalog, projection.ReaderConfig{}, sub)
	}
	apply(t, b.engine, b.write(t, "a", Noted{"x"}), b.write(t, "b", Noted{"y"}))
	if failed, err := reader(logOf(1, false)).Unreadable(t.Context(), "log", note("a"), note("b"),
		note("none")); err != nil || len(failed) != 0 {
		t.Errorf("unreadable documents: %v, %v, want none", failed, err)
	}
	prev := b.at(t, 1, "b")
	next := prev
	next.Version, next.State = prev.Version+1, json.RawMessage(`"spoiled"`)
	if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: note("b"), Prev: prev, Next: next}},
		nil); err != nil {
		t.Fatal(err)
	}
	failed, err := reader(logOf(1, false)).Unreadable(t.Context(), "log", note("a"), note("b"))
	if err != nil || len(failed) != 1 || !strings.Contains(failed[note("b")].Error(), "stored state") {
		t.Errorf("unreadable documents: %v, %v, want Note#b alone", failed, err)
	}
	if after := b.at(t, 1, "b"); after.Version != next.Version || after.Parked != nil {
		t.Errorf("the checkpoint of b was changed: %+v", after)
	}
	if _, err := reader(logOf(1, false)).Unreadable(t.Context(), "nothing"); err == nil {
		t.Error("an unknown projection has rows")
	}
	var unknown *projection.UnknownFoldError
	if _, err := reader(logOf(2, false)).Unreadable(t.Context(), "log", note("a")); !errors.As(err, &unknown) {
		t.Errorf("an unknown fold: %v", err)
	}
}

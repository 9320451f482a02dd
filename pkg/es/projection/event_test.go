package projection_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

func TestSort(t *testing.T) {
	t.Parallel()
	if key := (projection.Event[any]{Version: 42}).Sort(); key != "0000000000000000042" {
		t.Errorf("the key of an event that is not split is %s, but stored rows have another", key)
	}
	var keys []string
	for _, e := range []projection.Event[any]{
		{Version: 1}, {Version: 1, Part: 1}, {Version: 1, Part: 2}, {Version: 1, Part: 10},
		{Version: 1, Part: 999}, {Version: 2},
		{Version: 10}, {Version: 10, Part: 1}, {Version: 1 << 62},
	} {
		keys = append(keys, projection.OwnKey(note("a|b~c"), projection.Key{Sort: e.Sort()}).Sort)
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("keys that are not in order, or twice: %q", keys)
	}
}

// split are notes of which one was stored as two.
var split = es.NewRegistry(es.Type[noteEvent]("Noted", 2, Noted{})).
	Upcast("Noted", 1, es.UpcastFunc(func(data json.RawMessage) ([]es.RawEvent, error) {
		var old struct{ Texts []string }
		err := json.Unmarshal(data, &old)
		var parts []es.RawEvent
		for _, text := range old.Texts {
			parts = append(parts, es.RawEvent{Type: "Noted", Schema: 2, Data: fmt.Appendf(nil, `{"Text":%q}`, text)})
		}
		return parts, err
	}, es.StoredType{Name: "Noted", Schema: 2}))

// TestParts: every part of an event that an upcaster splits has its own row, in order, live and after a rebuild.
func TestParts(t *testing.T) {
	t.Parallel()
	store, view := memstore.New(), memview.New()
	listed := projection.New("listed", 1, projection.From(noted(split),
		projection.On(func(_ *struct{}, e projection.Event[Noted], w *projection.Writes) error {
			texts.Put(w, projection.Key{Partition: "all", Sort: e.Sort()}, e.Data.Text)
			return nil
		})), texts)
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{}, projection.Subscription{
		Projection: listed, View: view,
	})
	raw := func(schema int, data string) es.RawEvent {
		return es.RawEvent{Type: "Noted", Schema: schema, Data: json.RawMessage(data)}
	}
	stored, err := store.Append(t.Context(),
		es.Append{Writes: []es.Write{{Head: store.Empty(note("a")), Events: []es.RawEvent{
			raw(1, `{"Texts":["a","b","c"]}`), raw(2, `{"Text":"d"}`), raw(1, `{"Texts":["e","f"]}`), raw(1, `{"Texts":[]}`),
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	if failed := engine.Apply(t.Context(), []es.Commit{stored[0].Commit}); len(failed) > 0 {
		t.Fatal(failed)
	}
	texts := func(g projection.Generation) (all []string) {
		t.Helper()
		var keys []projection.RowKey
		for key, err := range view.Keys(t.Context(), g) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b projection.RowKey) int { return strings.Compare(a.Sort, b.Sort) })
		rows, err := view.Rows(t.Context(), g, keys...)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			all = append(all, string(rows[key].Row))
		}
		return all
	}
	want := []string{`"a"`, `"b"`, `"c"`, `"d"`, `"e"`, `"f"`}
	if diff := cmp.Diff(want, texts(1)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, _, err := projection.NewRebuilder(engine, store, projection.RebuildConfig{}).Run(t.Context(), "listed",
		nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, texts(2)); diff != "" {
		t.Errorf("rows after a rebuild (-want +got):\n%s", diff)
	}
}

package projection_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

type told struct {
	Name string `personal:"owner"`
	Kind string
}

// TestErrorsCiteNoPersonalData: the error that is kept with a parked stream does not cite personal data.
func TestErrorsCiteNoPersonalData(t *testing.T) {
	t.Parallel()
	store, err := personal.NewStore(memstore.New(), memkeys.New())
	if err != nil {
		t.Fatal(err)
	}
	stories := es.Aggregate[int, told]{
		StreamType: "Story", Events: es.NewRegistry(es.Type[told]("Told", 1, told{})), Evolve: func(*int, told) {},
	}
	p := projection.New("stories", 1, projection.From(stories,
		projection.On(func(_ *struct{}, e projection.Event[told], _ *projection.Writes) error {
			if e.Data.Kind == "panic" {
				panic("no room for " + e.Data.Name)
			}
			return fmt.Errorf("stories: %w", errors.New("no room for "+e.Data.Name+e.Data.Kind))
		})))
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{},
		projection.Subscription{Projection: p, View: memview.New()})
	for id, e := range map[string]told{
		"later": {Kind: "dragons"}, "personal": {Name: "Ada"}, "panic": {Name: "Ada", Kind: "panic"},
	} {
		stream := stories.Stream(id)
		_, err := es.Open(store, stories).Create(t.Context(), id, es.Command{Meta: es.Meta{Actor: "ada"}},
			func() ([]told, error) { return []told{e}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.CatchUp(t.Context(), stream); err != nil {
			t.Fatalf("catch up %s: %v", stream, err)
		}
	}
	kept := map[string]string{}
	for w, err := range engine.Parked(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		kept[w.Stream.ID] = w.Error
	}
	for _, id := range []string{"later", "personal", "panic"} { // a later event may find personal data in the state
		want := "*errors.errorString: the text is not kept, because it may cite personal data"
		if kept[id] != want && kept[id] != strings.Replace(want, "*errors.errorString", "*fmt.wrapError", 1) {
			t.Errorf("the error of %s is %q, want %s", id, kept[id], want)
		}
	}
}

package projection_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// handling is a projection of the notes of a registry that handles Noted and, with swollen, also Swollen.
func handling(fold int, events *es.Registry[noteEvent], swollen bool) projection.Projection {
	on := []projection.EventHandler[notebook]{
		projection.On(func(s *notebook, e projection.Event[Noted], _ *projection.Writes) error {
			s.Texts = append(s.Texts, e.Data.Text)
			return nil
		}),
	}
	if swollen {
		on = append(on, projection.On(func(s *notebook, _ projection.Event[Swollen], _ *projection.Writes) error {
			s.Mass += "x"
			return nil
		}))
	}
	return projection.New("log", fold, projection.From(noted(events), on...))
}

// before are notes without Misplaced.
func before() *es.Registry[noteEvent] {
	return es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Swollen", 1, Swollen{}))
}

// TestChangedFold: code that handles events that a generation was built without does not start, unless the fold has a
// higher version and the code also has the former one.
func TestChangedFold(t *testing.T) {
	t.Parallel()
	more := es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Swollen", 1, Swollen{}),
		es.Type[noteEvent]("Misplaced", 1, Misplaced{}))
	now := es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Swollen", 2, Swollen{})).
		Upcast("Swollen", 1, es.UpcastFunc(func(json.RawMessage) ([]es.RawEvent, error) { return nil, nil }))
	renamed := es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{})).
		Upcast("Swollen", 1, es.UpcastJSON("Noted", 1, func(Swollen) (Noted, error) { return Noted{"x"}, nil }))
	anything := projection.New("log", 1, projection.From(noted(more),
		projection.On(func(*notebook, projection.Event[Noted], *projection.Writes) error { return nil }),
		projection.On(func(*notebook, projection.Event[Misplaced], *projection.Writes) error { return nil })))
	for name, test := range map[string]struct {
		newest projection.Projection
		former []projection.Projection
		types  []string // that it is refused for
	}{
		"the same":        {newest: handling(1, before(), false)},
		"it handles more": {newest: handling(1, before(), true), types: []string{"Note/Swollen"}},
		"a higher version does": {
			newest: handling(2, before(), true), former: []projection.Projection{handling(1, before(), false)},
		},
		"a new type":                         {newest: handling(1, more, false)},
		"a new type, handled from the start": {newest: anything},
		"a newer schema":                     {newest: handling(1, now, false)},
		"a newer schema that it handles":     {newest: handling(1, now, true), types: []string{"Note/Swollen"}},
		"upcast into what it handles":        {newest: handling(1, renamed, false), types: []string{"Note/Swollen"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			if err := b.engineOf(projection.Config{}, handling(1, before(), false)).Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := b.engineOf(projection.Config{}, test.newest, test.former...).Start(t.Context())
			var changed *projection.ChangedFoldError
			if test.types == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, &changed) || !slices.Equal(changed.Types, test.types) || changed.Generation != 1 ||
				changed.Fold != 1 {
				t.Errorf("start with other types: %v, want an error with the types %v", err, test.types)
			}
		})
	}
}

// TestSkipsAreRecordedOnce: the events that a fold skips are recorded with its generations at the first start, and
// later starts write nothing.
func TestSkipsAreRecordedOnce(t *testing.T) {
	t.Parallel()
	b := newBench()
	more := es.NewRegistry(es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Swollen", 1, Swollen{}),
		es.Type[noteEvent]("Misplaced", 1, Misplaced{}))
	var revision int64
	for i, test := range []struct {
		fold    projection.Projection
		skips   []string
		changes int64
	}{
		{handling(1, before(), false), []string{"Note/Swollen"}, 1},
		{handling(1, before(), false), []string{"Note/Swollen"}, 0},
		{handling(1, more, false), []string{"Note/Misplaced", "Note/Swollen"}, 1},
		{handling(1, more, false), []string{"Note/Misplaced", "Note/Swollen"}, 0},
		{handling(1, before(), false), []string{"Note/Misplaced", "Note/Swollen"}, 0}, // rolled back
	} {
		if err := b.engineOf(projection.Config{}, test.fold).Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		record := b.record(t)
		if diff := cmp.Diff(test.skips, record.Builds[0].Skips); diff != "" || record.Revision != revision+test.changes {
			t.Errorf("start %d: revision %d after %d; skips (-want +got):\n%s", i, record.Revision, revision, diff)
		}
		revision = record.Revision
	}
}

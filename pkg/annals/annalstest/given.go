package annalstest

import (
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// Given records events of an aggregate, as if commands had recorded them, and delivers them. With [Service.Advance] and
// [Recorded] it tests reactions, deadlines and processes: given these events, and at this time, these events follow.
func Given[S, E any](t testing.TB, s *Service, a es.Aggregate[S, E], id string, events []E) {
	t.Helper()
	_, err := annals.RepositoryOf(s.Running, a).CreateOrExecute(t.Context(), id, es.Command{}, func(S) ([]E, error) {
		return events, nil
	})
	if err != nil {
		t.Fatalf("given events of %s: %v", a.Stream(id), err)
	}
}

// Recorded returns all events of an aggregate, in order: those that were given, and those that commands, reactions,
// steps and deadlines recorded.
func Recorded[S, E any](t testing.TB, s *Service, a es.Aggregate[S, E], id string) []E {
	t.Helper()
	var all []E
	for c, err := range s.Events.Read(t.Context(), a.Stream(id), es.Range{}) {
		for i := 0; i < len(c.Events) && err == nil; i++ {
			err = a.Events.Decode(&c, i, func(e E) error {
				all = append(all, e)
				return nil
			})
		}
		if err != nil {
			t.Fatalf("events of %s: %v", a.Stream(id), err)
		}
	}
	return all
}

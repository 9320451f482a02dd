package subjects

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Reapply deletes again the keys of all subjects whose deletion the events record, for example in a table of keys that
// was recovered to a state from before. It returns how many keys it deleted. Call it before any process uses the table.
//
// Errors: those of the scan and of the keys; one for a subject's events that can't be read. They are joined, and
// everything that can be done is done.
func Reapply(ctx context.Context, events es.Scanner, keys personal.Keys, now time.Time) (deleted int, err error) {
	recorded, err := deletedKeys(ctx, events)
	errs := []error{err}
	for _, subject := range slices.Sorted(maps.Keys(recorded)) {
		found, err := keys.Load(ctx, subject)
		unreadable := errors.As(err, new(*personal.KeyError)) // it is deleted, too
		if err != nil && !unreadable {
			errs = append(errs, err)
			continue
		}
		if key := found[subject]; !unreadable && (key.Forgotten || key.Number > recorded[subject]) {
			continue
		}
		if _, err := keys.Forget(ctx, subject, now); err != nil {
			errs = append(errs, err)
			continue
		}
		deleted++
	}
	return deleted, errors.Join(errs...)
}

// deletedKeys returns the number of the key that was deleted last, by subject.
func deletedKeys(ctx context.Context, events es.Scanner) (map[string]int, error) {
	last := map[string]int{}
	var errs []error
	for page, err := range events.Scan(ctx, es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			return last, errors.Join(append(errs, fmt.Errorf("read the events: %w", err))...)
		}
		for i := range page.Commits {
			if c := &page.Commits[i]; c.Stream.Type == StreamType {
				errs = append(errs, keysIn(c, last))
			}
		}
	}
	return last, errors.Join(errs...)
}

func keysIn(c *es.Commit, last map[string]int) error {
	for i := range c.Events {
		err := Aggregate.Events.Decode(c, i, func(event Event) error {
			if e, is := event.(KeyDeleted); is {
				last[c.Stream.ID] = max(last[c.Stream.ID], e.Key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

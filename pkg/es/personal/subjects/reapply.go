package subjects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/sealed"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Reapplied is what [Reapply] did.
type Reapplied struct {
	// Deleted is how many keys were deleted again.
	Deleted int `json:"deleted"`
	// Noted is how many streams of subjects were noted again.
	Noted int `json:"noted"`
}

// Reapply completes a table of keys that was recovered to a state from before. It deletes again the keys of all subjects
// whose deletion the events record, and notes again each stream with a subject's data: without the notes a later
// forgetting would not find the streams. Call it before any process uses the table.
//
// Errors: those of the scan and of the keys; one for events that can't be read. They are joined, and everything that can
// be done is done.
func Reapply(ctx context.Context, events es.Scanner, keys personal.Keys, now time.Time) (Reapplied, error) {
	r := reapplying{ctx: ctx, keys: keys, last: map[string]int{}, noted: map[noted]bool{}}
	for page, err := range events.Scan(ctx, es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			r.errs = append(r.errs, fmt.Errorf("read the events: %w", err))
			break
		}
		for _, corrupt := range page.Corrupt {
			r.errs = append(r.errs, corrupt)
		}
		for i := range page.Commits {
			r.see(&page.Commits[i])
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(r.last)) {
		r.forget(subject, now)
	}
	return r.out, errors.Join(r.errs...)
}

type noted struct {
	subject string
	stream  es.StreamID
}

type reapplying struct {
	ctx   context.Context //nolint:containedctx // of one call
	keys  personal.Keys
	last  map[string]int // the number of the key that was deleted last, by subject
	noted map[noted]bool
	out   Reapplied
	errs  []error
}

func (r *reapplying) see(c *es.Commit) {
	for i, e := range c.Events {
		var err error
		if c.Stream.Type == StreamType {
			err = Aggregate.Events.Decode(c, i, func(event Event) error {
				if e, is := event.(KeyDeleted); is {
					r.last[c.Stream.ID] = max(r.last[c.Stream.ID], e.Key)
				}
				return nil
			})
		} else if sealed.In(e.Data) {
			_, err = sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) {
				return nil, r.note(noted{v.Subject, c.Stream})
			})
		}
		if err != nil {
			r.errs = append(r.errs, fmt.Errorf("%s@%d: %w", c.Stream, c.Version+int64(i), err))
		}
	}
}

func (r *reapplying) note(n noted) error {
	if r.noted[n] {
		return nil
	}
	if err := r.keys.Note(r.ctx, n.subject, n.stream); err != nil {
		return err
	}
	r.noted[n] = true
	r.out.Noted++
	return nil
}

func (r *reapplying) forget(subject string, now time.Time) {
	found, err := r.keys.Load(r.ctx, subject)
	unreadable := errors.As(err, new(*personal.KeyError)) // it is deleted, too
	key := found[subject]
	switch {
	case err != nil && !unreadable:
		r.errs = append(r.errs, err)
		return
	case !unreadable && (key.Forgotten || key.Number > r.last[subject]):
		return
	}
	if _, err := r.keys.Forget(r.ctx, subject, now); err != nil {
		r.errs = append(r.errs, err)
		return
	}
	r.out.Deleted++
}

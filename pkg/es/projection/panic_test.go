package projection_test

import (
	"context"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// brittle is a state that can't always be encoded as JSON.
type brittle struct{ broken bool }

func (b brittle) MarshalJSON() ([]byte, error) {
	if b.broken {
		panic("brittle")
	}
	return []byte(`{}`), nil
}

// noises is a notifier.
type noises struct{ changes []projection.Change }

func (n *noises) Notify(_ context.Context, changes []projection.Change) {
	n.changes = append(n.changes, changes...)
}

// TestPanicsOutsideOfTheFold: a state that panics when it is encoded parks its stream, and topics that panic are
// ignored. The process continues in both cases.
func TestPanicsOutsideOfTheFold(t *testing.T) {
	t.Parallel()
	b := newBench()
	p := projection.New("log", 1,
		projection.From(noted(notes),
			projection.On(func(s *brittle, e projection.Event[noteEvent], _ *projection.Writes) error {
				_, s.broken = e.Data.(Poisoned)
				return nil
			})),
		projection.Topics(func(*brittle) []string { panic("topics") }),
	)
	heard := &noises{}
	e := b.engineOf(projection.Config{Notifier: heard}, p)
	apply(t, e, b.write(t, "a", Noted{"x"}, Poisoned{}), b.write(t, "b", Noted{"x"}))
	b.wantParked(t, map[string]string{"a": "failed before 2, seen 2"})
	if at := b.at(t, 1, "b").Version; at != 1 || len(heard.changes) == 0 || heard.changes[0].Topics != nil {
		t.Errorf("b is at %d, changes: %+v", at, heard.changes)
	}
}

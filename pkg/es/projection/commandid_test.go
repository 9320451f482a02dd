package projection_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// TestStoredCommandIDs: the ids of a reaction's commands never change. With other ids, the reaction would run twice for
// an event that is delivered again or found by a reconciliation. An id is derived from the commit, the stream, the
// version, the part after upcasting, and the reaction's name.
func TestStoredCommandIDs(t *testing.T) {
	t.Parallel()
	b := newBench()
	var got []string
	r := reactionTo(nil)
	r.Sources = []reaction.Source{reaction.From(noted(split), reaction.On(onNoted(func(_ string, cmd es.Command) error {
		got = append(got, cmd.Ref.ID+" "+cmd.Ref.Fingerprint)
		return nil
	})))}
	e := b.engineOf(projection.Config{Parallel: 1}, reaction.New(r))
	one := es.RawEvent{Type: "Noted", Schema: 2, Data: []byte(`{"Text":"a"}`)}
	parts := es.RawEvent{Type: "Noted", Schema: 1, Data: []byte(`{"Texts":["b","c"]}`)}
	failed := e.Apply(t.Context(), []es.Commit{{
		Stream: es.StreamID{Type: "Note", ID: "größe #1"}, Version: 1, ID: "commit-1", At: time.Now(), Hash: []byte{1},
		Events: []es.RawEvent{one, parts},
	}})
	want := []string{"HJ1G4jMiiNXuR0cW5P9xfw log", "uwW6agVngJI1yQe6KJ49hA log", "xbjUUHSS1cChejvkP5wuRA log"}
	if diff := cmp.Diff(want, got); len(failed) > 0 || diff != "" {
		t.Errorf("%v; ids (-stored +made):\n%s", failed, diff)
	}
}

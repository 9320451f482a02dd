package personal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// TestForgottenInReadModels does what docs/howto/personal-data.md says: after a person was forgotten and the person's
// streams were folded again, documents and rows have erased values, and the other person's stay.
func TestForgottenInReadModels(t *testing.T) {
	t.Parallel()
	keys := memkeys.New()
	store, err := personal.NewStore(memstore.New(), keys, personal.Config{CacheFor: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	letters := projection.AppendRows[received]("letters")
	titles := projection.OwnRows[string]("titles")
	view := memview.New()
	p := projection.New("boxes", 1, projection.From(boxes, projection.On(
		func(d *box, e projection.Event[event], w *projection.Writes) error {
			boxes.Evolve(d, e.Data)
			switch data := e.Data.(type) {
			case received:
				letters.Append(w, e.Stream.ID, data)
			case opened:
				titles.Put(w, projection.Key{Partition: "titles", Sort: "1"}, data.Name)
			}
			return nil
		})), letters, titles)
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{}, projection.Subscription{Projection: p, View: view})
	r := &post{boxes: es.Open(store, boxes)}
	for id, name := range map[string]string{"1": "Ada Lovelace", "2": "Bob Dylan"} {
		r.must(t, id, "owner-"+id, opened{name}, received{"carl", "Dear " + name, []string{name}, 7})
		if err := engine.CatchUp(t.Context(), boxes.Stream(id)); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() string {
		var all []projection.RowKey
		for key, err := range view.Keys(t.Context(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, key)
		}
		rows, err := view.Rows(t.Context(), 1, all...)
		if err != nil {
			t.Fatal(err)
		}
		checkpoints, err := view.Checkpoints(t.Context(), 1, boxes.Stream("1"), boxes.Stream("2"))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for key, row := range rows {
			one, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&text, "%v %s\n", key, one)
		}
		for stream, at := range checkpoints {
			fmt.Fprintf(&text, "%s %s\n", stream, at.State)
		}
		return text.String()
	}
	if got := shown(); strings.Count(got, "Ada Lovelace") < 4 || strings.Count(got, "Bob Dylan") < 4 {
		t.Fatalf("before: %s", got)
	}
	for _, subject := range []string{"owner-1", "carl"} {
		if _, err := keys.Forget(t.Context(), subject, time.Now()); err != nil {
			t.Fatal(err)
		}
		var streams []es.StreamID
		for stream, err := range keys.Streams(t.Context(), subject) {
			if streams = append(streams, stream); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := engine.Refold(t.Context(), streams); err != nil {
			t.Fatalf("fold the streams of %s again: %v", subject, err)
		}
	}
	if got := shown(); strings.Contains(got, "Ada") || strings.Contains(got, "Dear") || !strings.Contains(got, "Bob Dylan") ||
		!strings.Contains(got, "(erased)") {
		t.Errorf("after ada and carl were forgotten: %s", got)
	}
}

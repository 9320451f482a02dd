package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// TestLargeTrail reads a stream of large commits of several events: pages stay small enough to be sent, and miss nothing.
func TestLargeTrail(t *testing.T) {
	t.Parallel()
	store := memstore.New(memstore.Config{})
	head := store.Empty(es.StreamID{Type: "Order", ID: "o"})
	large := json.RawMessage(`{"text":"` + strings.Repeat("x", 100_000) + `"}`)
	const commits, each = 30, 3
	for range commits {
		var events []es.RawEvent
		for range each {
			events = append(events, es.RawEvent{Type: "X", Schema: 1, Data: large})
		}
		stored, err := store.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: events}},
			Meta:   es.Meta{CausationID: "cause", Extra: map[string]string{"k": "v"}}, Command: es.CommandRef{ID: "command"},
		})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
	c := &client{handler: httpapi.Queries(nil, store, httpapi.Config{}), store: store}
	var seen int64
	for next := ""; ; {
		got := c.ok(t, "GET /streams/Order/o?limit=1000&cursor="+next, "")
		if n := payload.Size([]byte(got.text)); n > payload.PageBytes+1000 {
			t.Fatalf("%d bytes", n)
		}
		var page struct {
			Items []struct {
				Version  int64
				CommitID string
				Metadata httpapi.EventMetadata
			}
			Next string
		}
		got.into(t, &page)
		for _, e := range page.Items {
			if seen++; e.Version != seen || e.CommitID == "" || e.Metadata.CausationID != "cause" || e.Metadata.CommandID != "command" || e.Metadata.Extra["k"] != "v" {
				t.Fatalf("got %+v as number %d", e, seen)
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if seen != commits*each {
		t.Errorf("%d events", seen)
	}
	other := c.ok(t, "GET /streams/Order/o?limit=1", "")
	var page struct{ Next string }
	other.into(t, &page)
	c.send(t, "GET /streams/Order/p?cursor="+page.Next, "").refused(t, http.StatusBadRequest, "invalid-request")
}

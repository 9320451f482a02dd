package shop_test

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/storekit"
)

// TestLargeTrail reads a stream of large commits with several events. Pages are small enough to be sent, and omit
// nothing.
func TestLargeTrail(t *testing.T) {
	t.Parallel()
	store := newStore(t)
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
	c := &client{handler: queries(t, store), store: store}
	var seen int64
	for next := ""; ; {
		got := c.ok(t, "GET /streams/Order/o?limit=1000"+next, "")
		if n := sentBytes(t, got.text); n > 5<<20+1000 { // what a page takes, and what the items have around them
			t.Fatalf("page of %d bytes, want at most 5 MB", n)
		}
		var page struct {
			Items []struct {
				Version  int64
				CommitID string
				Metadata annalshttp.EventMetadata
			}
			Next string
		}
		got.into(t, &page)
		for _, e := range page.Items {
			if seen++; e.Version != seen || e.CommitID == "" || e.Metadata.CausationID != "cause" ||
				e.Metadata.CommandID != "command" || e.Metadata.Extra["k"] != "v" {
				t.Fatalf("got %+v as number %d", e, seen)
			}
		}
		if page.Next == "" {
			break
		}
		next = "&cursor=" + page.Next
	}
	if seen != commits*each {
		t.Errorf("%d events, want all", seen)
	}
	other := c.ok(t, "GET /streams/Order/o?limit=1", "")
	var page struct{ Next string }
	other.into(t, &page)
	c.send(t, "GET /streams/Order/p?cursor="+page.Next, "").refused(t, http.StatusBadRequest, "invalid-request")
}

// kept is a stored stream.
type kept struct {
	es.Store
	commits []es.Commit
}

func (k kept) Read(_ context.Context, _ es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for _, c := range k.commits {
			if c.LastVersion() >= r.From && !yield(c, nil) {
				return
			}
		}
	}
}

// sentBytes is how many bytes Lambda sends for an answer: it is a string in JSON.
func sentBytes(t *testing.T, text string) int {
	t.Helper()
	sent := &strings.Builder{}
	e := json.NewEncoder(sent)
	e.SetEscapeHTML(false) // as Lambda's library does
	if err := e.Encode(text); err != nil {
		t.Fatal(err)
	}
	return sent.Len()
}

// trailOf pages over a stream, and returns its events. No answer may be larger than Lambda can send, escaped.
func trailOf(t *testing.T, commits ...es.Commit) (all []annalshttp.Event) {
	t.Helper()
	c := &client{handler: queries(t, kept{commits: commits})}
	for cursor := ""; ; {
		got := c.ok(t, "GET /streams/Order/o?limit=1000"+cursor, "")
		if n := sentBytes(t, got.text); n > 6<<20-10_000 {
			t.Fatalf("Lambda sends %d bytes", n)
		}
		var page struct {
			Items []annalshttp.Event
			Next  string
		}
		got.into(t, &page)
		if all = append(all, page.Items...); page.Next == "" {
			return all
		}
		cursor = "&cursor=" + page.Next
	}
}

// TestWhatIsStoredCanBePaged: the largest possible commits, with payloads that grow most when they are escaped, and
// larger ones that were stored before there was a limit.
func TestWhatIsStoredCanBePaged(t *testing.T) {
	t.Parallel()
	commit := func(version int64, unit string, times int) es.Commit {
		return es.Commit{
			Stream: es.StreamID{Type: "Order", ID: "o"}, Version: version, ID: strings.Repeat("i", 36),
			Events: []es.RawEvent{{Type: "X", Schema: 1, Data: json.RawMessage(`{"d":"` + strings.Repeat(unit, times) + `"}`)}},
			Meta:   es.Meta{Extra: map[string]string{"k": strings.Repeat(`"`, 10_000)}},
		}
	}
	const most = storekit.MaxUncompressedBytes
	var commits []es.Commit
	for i, unit := range []string{"x", `\\`, `\"`, "<", "\u2028", "é", `\u00e9`} {
		c := commit(int64(i+1), unit, (most-20_000)/len(unit))
		if storekit.Size(&c) > most || storekit.Size(&c) < most-20_000 {
			t.Fatalf("%q: commit of %d bytes, want nearly the most", unit, storekit.Size(&c))
		}
		commits = append(commits, c)
	}
	commits = append(commits, commit(8, "x", 7_000_000), commit(9, `\\`, 1_500_000), commit(10, "\t", 10),
		commit(11, "x", 10))
	all := trailOf(t, commits...)
	if len(all) != len(commits) {
		t.Fatalf("%d events, want %d", len(all), len(commits))
	}
	for i, e := range all {
		data := commits[i].Events[0].Data
		switch version := int64(i + 1); {
		case e.Version != version:
			t.Errorf("version %d, want %d", e.Version, version)
		case version >= 8 && version <= 10: // too large, and no JSON
			if e.DataBytes != len(data) || e.Data.RawMessage != nil {
				t.Errorf("version %d shows %d bytes of %d", version, len(e.Data.RawMessage), e.DataBytes)
			}
		case string(e.Data.RawMessage) != string(data) || e.DataBytes != 0:
			t.Errorf("version %d has other data", version)
		}
	}
}

//go:build search

package searchview_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/projection/searchview"
)

// The benchmark does everything twice in one run: with the library, and by hand with the client's own bulk request,
// into an index with the same fields. Compare them with benchstat.

const (
	benchStreams = 50 // in a batch
	benchCommits = 2  // of each
)

// byHandMapping are the fields of the library's index, without its bookkeeping.
const byHandMapping = `{"settings":{"refresh_interval":"1s"},"mappings":{"dynamic":false,"properties":{"title":{"type":"text",
	"analyzer":"english","fields":{"keyword":{"type":"keyword"}}},"tags":{"properties":{"name":{"type":"keyword"}}},
	"due":{"type":"date"},"at":{"type":"date"},"version":{"type":"long"}}}}`

// BenchmarkEngine applies batches of 100 commits of 50 streams. By hand, the same events are folded into the same
// documents, which are written on condition of an external version.
func BenchmarkEngine(b *testing.B) {
	client := connect(b)
	s := searched{client: client, prefix: fmt.Sprint("bench", time.Now().UnixNano())}
	cfg := searchview.Config{Prefix: s.prefix, People: s.prefix + "-people"}
	view := searchview.New(client, tickets(1), cfg, ticketFields)
	if err := view.Prepare(b.Context(), 1); err != nil {
		b.Fatal(err)
	}
	hand := s.prefix + "-hand"
	if _, err := s.call(b.Context(), "PUT", "/"+hand, byHandMapping); err != nil {
		b.Fatal(err)
	}
	engine := projection.NewEngine(nil, memview.NewCatalog(), projection.Config{}, projection.Subscription{
		Projection: tickets(1), View: view, Apart: true,
	})
	api := opensearchapi.NewFromClient(client)
	raw, err := ticketEvents.Encode(opened{Title: "The printer on the third floor is out of paper", At: time.Now().UTC()})
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, apply func(b *testing.B, round string, from int64)) {
		round := 0
		b.Run("by="+name, func(b *testing.B) {
			round++
			for i := range b.N {
				apply(b, fmt.Sprint(name, round, "-"), int64(i*benchCommits+1))
			}
			b.ReportMetric(float64(b.N*benchStreams*benchCommits)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("hand", func(b *testing.B, round string, from int64) {
		var body bytes.Buffer
		for n := range benchStreams {
			var t ticket
			for range benchCommits {
				var e opened
				if err := json.Unmarshal(raw.Data, &e); err != nil {
					b.Fatal(err)
				}
				t.Title, t.Due, t.At = e.Title, e.Due, e.At
			}
			text, err := json.Marshal(t)
			if err != nil {
				b.Fatal(err)
			}
			fmt.Fprintf(&body, `{"index":{"_id":%q,"version":%d,"version_type":"external"}}`+"\n%s\n",
				stream(round+strconv.Itoa(n)), from+benchCommits-1, text)
		}
		answer, err := api.Bulk(b.Context(), opensearchapi.BulkReq{Index: hand, Body: &body})
		if err != nil || answer.Errors {
			b.Fatal(err, answer)
		}
	})
	run("library", func(b *testing.B, round string, from int64) {
		commits := make([]es.Commit, 0, benchStreams*benchCommits)
		for i := range int64(benchCommits) {
			for n := range benchStreams {
				commits = append(commits, es.Commit{
					Stream: stream(round + strconv.Itoa(n)), Version: from + i, At: time.Now(), Events: []es.RawEvent{raw}, Hash: make([]byte, 32),
				})
			}
		}
		if failed := engine.Apply(b.Context(), commits); len(failed) > 0 {
			b.Fatal(failed)
		}
	})
}

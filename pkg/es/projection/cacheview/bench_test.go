package cacheview_test

import (
	"crypto/rand"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/cacheview"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// The benchmarks do everything twice in one run: with the library, and by hand with the bare client, one pipeline for
// each batch. Compare them with benchstat: make bench.

const (
	benchStreams = 50 // in a batch
	benchCommits = 2  // of each
)

// byHand replaces a document and its place in a list if it is of the version before.
var byHand = redis.NewScript(`
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then
  return 'stale'
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'hash', ARGV[3], 'state', ARGV[4])
redis.call('ZADD', KEYS[2], 0, KEYS[1])
return 'done'`)

// batch is 50 documents by hand, in one pipeline.
type batch struct {
	pipe    redis.Pipeliner
	replies []*redis.Cmd
}

func (p *batch) add(b *testing.B, stream es.StreamID, prev, next int64, hash, state []byte) {
	b.Helper()
	keys := []string{stream.String(), "all"}
	p.replies = append(p.replies, byHand.EvalSha(b.Context(), p.pipe, keys, prev, next, hash, state))
}

func (p *batch) send(b *testing.B) {
	b.Helper()
	if _, err := p.pipe.Exec(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, r := range p.replies {
		if r.Val() != "done" {
			b.Fatal(r.Val())
		}
	}
}

// empty is a view with an empty generation, on a server that knows the script.
func empty(b *testing.B) cache {
	b.Helper()
	client := connect(b)
	c := cache{cacheview.New(client, visits, cacheview.Config{}), client}
	if err := c.Prepare(b.Context(), gen); err != nil {
		b.Fatal(err)
	}
	if err := byHand.Load(b.Context(), client).Err(); err != nil {
		b.Fatal(err)
	}
	return c
}

// state is the document of a visit, folded by hand as the library does.
func state(b *testing.B, raw es.RawEvent, events int) []byte {
	b.Helper()
	var e entered
	if err := json.Unmarshal(raw.Data, &e); err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(visit{Room: e.Room, Guest: e.Guest, At: e.At, Entered: events})
	if err != nil {
		b.Fatal(err)
	}
	return text
}

func encodeVisit(b *testing.B) es.RawEvent {
	b.Helper()
	raw, err := visitEvents.Encode(entered{Room: "Rio de Janeiro", Guest: "ann", At: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// BenchmarkSave saves 50 documents, each with a place in a list.
func BenchmarkSave(b *testing.B) {
	c, hash := empty(b), make([]byte, 32)
	text := state(b, encodeVisit(b), 1)
	b.Run("by=hand", func(b *testing.B) {
		b.ReportAllocs()
		round := rand.Text()
		for i := range int64(b.N) {
			p := batch{pipe: c.client.Pipeline()}
			for s := range benchStreams {
				p.add(b, visitID(round+strconv.Itoa(s)), i, i+1, hash, text)
			}
			p.send(b)
		}
	})
	b.Run("by=library", func(b *testing.B) {
		b.ReportAllocs()
		round := rand.Text()
		for i := range int64(b.N) {
			moves := make([]projection.CheckpointUpdate, benchStreams)
			for s := range moves {
				id := visitID(round + strconv.Itoa(s))
				place := projection.Slot{Key: projection.Key{Partition: "all", Sort: id.String()}}
				next := projection.Checkpoint{Version: i + 1, Hash: hash, State: text, Slots: []projection.Slot{place}}
				moves[s] = projection.CheckpointUpdate{Stream: id, Prev: projection.Checkpoint{Version: i}, Next: next}
			}
			if err := c.Save(b.Context(), gen, moves, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEngine applies batches of 100 commits of 50 streams to a projection with one document a stream. By hand, the
// events are folded without an engine.
func BenchmarkEngine(b *testing.B) {
	c, raw, hash := empty(b), encodeVisit(b), make([]byte, 32)
	engine := projection.NewEngine(nil, memview.NewCatalog(), projection.Config{}, projection.Subscription{
		Projection: visits, View: c, Apart: true,
	})
	run := func(name string, apply func(b *testing.B, round string, from int64)) {
		b.Run("by="+name, func(b *testing.B) {
			b.ReportAllocs()
			round := rand.Text()
			for i := range b.N {
				apply(b, round, int64(i*benchCommits+1))
			}
			b.ReportMetric(float64(b.N*benchStreams*benchCommits)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("hand", func(b *testing.B, round string, from int64) {
		last := from + benchCommits - 1
		p := batch{pipe: c.client.Pipeline()}
		for s := range benchStreams {
			var text []byte
			for version := from; version <= last; version++ {
				text = state(b, raw, int(version))
			}
			p.add(b, visitID(round+strconv.Itoa(s)), from-1, last, hash, text)
		}
		p.send(b)
	})
	run("library", func(b *testing.B, round string, from int64) {
		commits := make([]es.Commit, 0, benchStreams*benchCommits)
		for i := range int64(benchCommits) {
			for s := range benchStreams {
				commits = append(commits, es.Commit{
					Stream: visitID(round + strconv.Itoa(s)), Version: from + i, At: time.Now(),
					Events: []es.RawEvent{raw}, Hash: hash,
				})
			}
		}
		if failed := engine.Apply(b.Context(), commits); len(failed) > 0 {
			b.Fatal(failed)
		}
	})
}

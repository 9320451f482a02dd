package dynamoview_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// The events of the tests: a note is added, replaces the last one, or adds to many shared counters.
type (
	noteEvent interface{ isNote() }
	noted     struct{ Text string }
	renoted   struct{ Text string }
	fanned    struct{ Out int }
	poisoned  struct{ Panic bool }
)

func (noted) isNote()    {}
func (renoted) isNote()  {}
func (fanned) isNote()   {}
func (poisoned) isNote() {}

var notes = es.NewRegistry(
	es.Type[noteEvent]("Noted", 1, noted{}), es.Type[noteEvent]("Renoted", 1, renoted{}),
	es.Type[noteEvent]("Fanned", 1, fanned{}), es.Type[noteEvent]("Poisoned", 1, poisoned{}),
)

type notebook struct {
	Texts []string `json:"texts"`
}

var (
	errPoison = errors.New("poison")
	poison    atomic.Bool // whether the fold still has its bug
)

func init() { poison.Store(true) }

// aNote is the aggregate of notes.
var aNote = es.Aggregate[struct{}, noteEvent]{StreamType: "Note", Events: notes}

// texts are the rows of all notes.
var texts = projection.OwnRows[string]("texts")

// log has a document for each stream, rows that a stream owns, and counters that all streams share.
var log = projection.New("log", 1, projection.From(aNote,
	projection.On(func(s *notebook, e projection.Event[noted], w *projection.Writes) error {
		s.Texts = append(s.Texts, e.Data.Text)
		w.Add(projection.Key{Partition: "letters", Sort: e.Data.Text[:1]}, "count", projection.Int(1))
		texts.Put(w, projection.Key{Partition: "all", Sort: fmt.Sprintf("%04d", len(s.Texts))}, e.Data.Text)
		return nil
	}),
	projection.On(func(s *notebook, _ projection.Event[renoted], w *projection.Writes) error {
		if n := len(s.Texts); n > 0 {
			w.Add(projection.Key{Partition: "letters", Sort: s.Texts[n-1][:1]}, "count", projection.Int(-1))
			texts.Delete(w, projection.Key{Partition: "all", Sort: fmt.Sprintf("%04d", n)})
			s.Texts = s.Texts[:n-1]
		}
		return nil
	}),
	projection.On(func(_ *notebook, e projection.Event[fanned], w *projection.Writes) error {
		for i := range e.Data.Out {
			w.Add(projection.Key{Partition: "fan", Sort: fmt.Sprintf("%03d", i)}, "count", projection.Int(1))
		}
		return nil
	}),
	projection.On(func(_ *notebook, e projection.Event[poisoned], _ *projection.Writes) error {
		switch {
		case !poison.Load():
			return nil
		case e.Data.Panic:
			panic("poison")
		}
		return errPoison
	}),
), texts)

type bench struct {
	store   *memstore.Store
	view    *dynamoview.View
	catalog *dynamoview.Catalog
	meter   *dynamotest.Meter
	engine  *projection.Engine
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{store: memstore.New(), meter: &dynamotest.Meter{}}
	plain := dynamotest.Client(t)
	b.view = dynamoview.New(dynamotest.Client(t, b.meter.Metered), dynamotest.Table(t, plain, dynamoview.ReadTable))
	b.catalog = dynamoview.NewCatalog(plain, dynamotest.Table(t, plain, dynamoview.ReadTable))
	b.engine = b.engineOn(b.store)
	return b
}

func (b *bench) engineOn(store es.Reader) *projection.Engine {
	return projection.NewEngine(store, b.catalog, projection.Config{}, projection.Subscription{
		Projection: log, View: b.view,
	})
}

func note(id string) es.StreamID { return es.StreamID{Type: "Note", ID: id} }

// write appends a commit.
func (b *bench) write(t *testing.T, id string, events ...noteEvent) es.Commit {
	t.Helper()
	head, err := b.store.Head(t.Context(), note(id))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		if raw[i], err = notes.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	commits, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: raw}}})
	if err != nil {
		t.Fatal(err)
	}
	return commits[0].Commit
}

func (b *bench) apply(t *testing.T, commits ...es.Commit) {
	t.Helper()
	if failed := b.engine.Apply(t.Context(), commits); len(failed) > 0 {
		t.Fatalf("streams that failed: %v, want none", failed)
	}
}

// rows are everything that the projection stored.
type rows struct {
	Notebooks map[string]notebook
	Versions  map[string]int64
	All       []string
	Letters   map[string]string
	Fan       int
}

func (b *bench) rows(t *testing.T, ids ...string) rows {
	t.Helper()
	return b.rowsOf(t, 1, ids...)
}

func (b *bench) rowsOf(t *testing.T, g projection.Generation, ids ...string) rows {
	t.Helper()
	out := rows{Notebooks: map[string]notebook{}, Versions: map[string]int64{}, Letters: b.counts(t, g, "letters")}
	streams := make([]es.StreamID, len(ids))
	for i, id := range ids {
		streams[i] = note(id)
	}
	at, err := b.view.Checkpoints(t.Context(), g, streams...)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		var n notebook
		if cp := at[note(id)]; cp.State != nil {
			decode(t, cp.State, &n)
		}
		out.Notebooks[id], out.Versions[id] = n, at[note(id)].Version
	}
	for row, err := range b.view.List(t.Context(), g, projection.Listing{Partition: "all", PageSize: 7}) {
		if err != nil {
			t.Fatal(err)
		}
		var text string
		decode(t, row.Row.Row, &text)
		out.All = append(out.All, text)
	}
	out.Fan = len(b.counts(t, g, "fan"))
	return out
}

func decode(t *testing.T, raw json.RawMessage, out any) {
	t.Helper()
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
}

// counts are the counters of a partition, by sort key.
func (b *bench) counts(t *testing.T, g projection.Generation, partition string) map[string]string {
	t.Helper()
	out := map[string]string{}
	counters := projection.Listing{Kind: projection.SharedRow, Partition: partition, PageSize: 100}
	for row, err := range b.view.List(t.Context(), g, counters) {
		if err != nil {
			t.Fatal(err)
		}
		out[row.Key.Sort] = row.Counters["count"].String()
	}
	return out
}

// TestHostileDelivery: commits are duplicated, reordered, dropped and delivered to two copies of the engine at once.
// Once the last commit of each stream has arrived, the rows are the same as after a plain delivery.
func TestHostileDelivery(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			plain, hostile := newBench(t), newBench(t)
			hostile.store, hostile.engine = plain.store, hostile.engineOn(plain.store)
			ids := []string{"a", "b", "c"}
			var history, last []es.Commit
			for _, id := range ids {
				for range 20 {
					var events []noteEvent
					for range 1 + rng.IntN(5) {
						events = append(events, []noteEvent{
							noted{string(rune('a'+rng.IntN(3))) + fmt.Sprint(len(history))}, noted{"x" + fmt.Sprint(len(history))},
							renoted{}, fanned{rng.IntN(70)},
						}[rng.IntN(4)])
					}
					history = append(history, plain.write(t, id, events...))
				}
				last = append(last, history[len(history)-1])
			}
			plain.apply(t, history...)

			var wg sync.WaitGroup
			for copyOf := range uint64(2) {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(seed, 2+copyOf))
					for range 12 {
						var batch []es.Commit
						for range 1 + rng.IntN(15) {
							batch = append(batch, history[rng.IntN(len(history))])
						}
						if failed := hostile.engine.Apply(context.Background(), batch); len(failed) > 0 {
							t.Errorf("streams that failed: %v, want none", failed)
						}
					}
				})
			}
			wg.Wait()
			hostile.apply(t, last...)
			if diff := cmp.Diff(plain.rows(t, ids...), hostile.rows(t, ids...)); diff != "" {
				t.Errorf("rows (-plain +hostile):\n%s", diff)
			}
		})
	}
}

func TestCosts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c1, c2, c3 := b.write(t, "a", fanned{}), b.write(t, "a", fanned{}), b.write(t, "a", noted{"x"})
	for _, test := range []struct {
		name  string
		batch []es.Commit
		want  map[string]int
		units float64
	}{
		{"no rows: one write for many commits", []es.Commit{c1, c2}, map[string]int{"PutItem": 1}, 1},
		{"duplicates: no write", []es.Commit{c2, c1, c1}, nil, 0},
		{"rows: one transaction", []es.Commit{c3}, map[string]int{"TransactWriteItems": 1}, 2 * 3},
	} {
		b.meter.Take()
		b.apply(t, test.batch...)
		got := b.meter.Take()
		if diff := cmp.Diff(test.want, got.Requests); diff != "" || got.Units() != test.units {
			t.Errorf("%s: %v units, want %v; requests (-want +got):\n%s", test.name, got.Units(), test.units, diff)
		}
	}
}

// TestDocumentCosts: a projection with one document a stream costs a write unit for each KB, however many commits a
// batch holds. The first commit of a stream costs no read. To a new process, it looks like a new stream: if it is a
// duplicate, it costs a write that fails its condition, and a read.
func TestDocumentCosts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cold := func() *projection.Engine {
		return projection.NewEngine(b.store, b.catalog, projection.Config{}, projection.Subscription{
			Projection: tallies, View: b.view,
		})
	}
	engine := cold()
	small, large := b.write(t, "a", noted{"x"}), b.write(t, "a", noted{strings.Repeat("x", 2500)})
	var many []es.Commit
	for i := range 60 {
		many = append(many, b.write(t, fmt.Sprint("many", i), noted{"x"}), b.write(t, fmt.Sprint("many", i), noted{"y"}))
	}
	for _, test := range []struct {
		name   string
		engine *projection.Engine
		batch  []es.Commit
		want   map[string]int
		units  float64
	}{
		{"a new document", engine, []es.Commit{small}, map[string]int{"PutItem": 1}, 1},
		{"a document of 2.7 KB", engine, []es.Commit{large}, map[string]int{"PutItem": 1}, 3},
		{"duplicates", engine, []es.Commit{large, small, large}, nil, 0},
		{"duplicates, cold", cold(), []es.Commit{large, large}, map[string]int{"GetItem": 1}, 1},
		{
			"duplicates from the beginning, cold", cold(),
			[]es.Commit{large, small, large}, map[string]int{"PutItem": 1, "GetItem": 1}, 1,
		},
		{"60 streams", engine, many, map[string]int{"PutItem": 60}, 60},
		{"60 streams, duplicates from the beginning, cold", cold(), many, map[string]int{"PutItem": 60, "GetItem": 60}, 60},
	} {
		b.meter.Take()
		if failed := test.engine.Apply(t.Context(), test.batch); len(failed) > 0 {
			t.Fatal(failed)
		}
		got := b.meter.Take()
		if diff := cmp.Diff(test.want, got.Requests); diff != "" || got.Units() != test.units {
			t.Errorf("%s: %v units, want %v; requests (-want +got):\n%s", test.name, got.Units(), test.units, diff)
		}
	}
}

// TestEventOfManyRows: an event that writes more rows than a transaction holds is written in parts, each once.
func TestEventOfManyRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.write(t, "a", noted{"x"}, fanned{250}, noted{"y"})
	b.apply(t, c)
	b.apply(t, c)
	got := b.rows(t, "a")
	if got.Fan != 250 || got.Versions["a"] != 3 || len(got.All) != 2 {
		t.Errorf("rows of a: %+v, want 250 in the fan, version 3 and 2 entries", got)
	}
	for sort, count := range b.counts(t, 1, "fan") {
		if count != "1" {
			t.Errorf("row %s was counted %s times", sort, count)
		}
	}
}

// broken fails every other save before it is sent, and loses the answer of every other save that is sent.
type broken struct {
	projection.View
	saves atomic.Int64
}

var errBroken = errors.New("connection lost")

func (v *broken) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	switch v.saves.Add(1) % 4 {
	case 1:
		return errBroken
	case 3:
		_ = v.View.Save(ctx, g, moves, rows)
		return errBroken
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestInterruptedAnywhere: a save that failed, or whose answer was lost, is repeated and counts once.
func TestInterruptedAnywhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	engine := projection.NewEngine(b.store, b.catalog, projection.Config{},
		projection.Subscription{Projection: log, View: &broken{View: b.view}})
	commits := []es.Commit{
		b.write(t, "a", noted{"x"}, fanned{250}), b.write(t, "a", noted{"y"}), b.write(t, "a", fanned{120}),
	}
	failures := 0
	for ; len(engine.Apply(t.Context(), commits)) > 0; failures++ {
		if failures > 50 {
			t.Fatal("the projection did not end in the number of tries")
		}
	}
	got := b.rows(t, "a")
	if failures == 0 || got.Fan != 250 || got.Letters["x"] != "1" || got.Letters["y"] != "1" || got.Versions["a"] != 4 {
		t.Errorf("rows after %d failures: %+v", failures, got)
	}
	fan := b.counts(t, 1, "fan")
	if first, last := fan["000"], fan["249"]; first != "2" || last != "1" {
		t.Errorf("counted %s and %s times, want 2 and 1", first, last)
	}
}

// TestParking: a stream that can't be folded is parked alone, after its earlier events were applied. A retry by the
// mended fold catches it up, including what was delivered in the meantime.
func TestParking(t *testing.T) { //nolint:paralleltest // mends the fold
	b := newBench(t)
	bad := []es.Commit{b.write(t, "bad", noted{"x"}, poisoned{}, noted{"y"}), b.write(t, "bad", noted{"z"})}
	panics, good := b.write(t, "panics", poisoned{Panic: true}), b.write(t, "good", noted{"x"})
	b.apply(t, bad[0], panics, good, es.Commit{Stream: es.StreamID{Type: "Other", ID: "1"}})
	b.apply(t, bad...)
	if got := b.rows(t, "good", "bad"); got.Versions["good"] != 1 || got.Versions["bad"] != 1 || len(got.All) != 2 {
		t.Errorf("rows of good and bad: %+v, want both at version 1", got)
	}
	parked := b.parked(t)
	want := map[string]string{"bad": "failed before 2, seen 4: poison", "panics": "failed before 1, seen 1: panic: poison"}
	if diff := cmp.Diff(want, parked); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}

	if err := b.engine.RetryStream(t.Context(), note("bad"), "log"); err != nil { // not mended
		t.Error(err)
	}
	if diff := cmp.Diff(want, b.parked(t)); diff != "" {
		t.Errorf("parked after a retry (-want +got):\n%s", diff)
	}
	poison.Store(false)
	defer poison.Store(true)
	if err := b.engine.RetryStream(t.Context(), note("bad")); err != nil {
		t.Error(err)
	}
	if got := b.rows(t, "bad"); got.Versions["bad"] != 4 || len(got.All) != 4 || got.Letters["x"] != "2" ||
		got.Letters["z"] != "1" {
		t.Errorf("rows of bad: %+v, want version 4, 4 entries, x twice and z once", got)
	}
	newer := projection.NewEngine(b.store, b.catalog, projection.Config{CodeVersion: func() string {
		return "newer"
	}}, projection.Subscription{Projection: log, View: b.view})
	if failed := newer.Apply(t.Context(), []es.Commit{panics}); len(failed) > 0 {
		t.Errorf("streams that failed: %v, want none", failed)
	}
	if got := b.parked(t); len(got) != 0 || b.rows(t, "panics").Versions["panics"] != 1 {
		t.Errorf("parked: %v, want none, and version 1 of panics", got)
	}
}

// parked are the parked streams, by id.
func (b *bench) parked(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for p, err := range b.view.Parked(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		out[p.Stream.ID] = fmt.Sprintf("%s before %d, seen %d: %s", p.Reason, p.Version, p.Seen, p.Error)
	}
	return out
}

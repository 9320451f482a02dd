package dynamoview_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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

var errPoison = errors.New("poison")

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
		if e.Data.Panic {
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

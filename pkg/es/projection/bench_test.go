package projection_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// The events of the tests. Each adds a note, and says what the fold does with it.
type (
	noteEvent interface{ isNote() }
	// Noted is added to the stream's texts, to a row of its own, and to a counter of its first letter.
	Noted struct{ Text string }
	// Fanned adds to that many shared rows, in random order.
	Fanned struct{ Out int }
	// Swollen makes the state that many bytes large.
	Swollen struct{ Bytes int }
	// Poisoned can't be folded.
	Poisoned struct{ Panic bool }
	// Misplaced writes an invalid row.
	Misplaced struct{ Digits int }
)

func (Noted) isNote()     {}
func (Fanned) isNote()    {}
func (Swollen) isNote()   {}
func (Poisoned) isNote()  {}
func (Misplaced) isNote() {}

var notes = es.NewRegistry(
	es.Type[noteEvent]("Noted", 1, Noted{}), es.Type[noteEvent]("Fanned", 1, Fanned{}),
	es.Type[noteEvent]("Swollen", 1, Swollen{}),
	es.Type[noteEvent]("Poisoned", 1, Poisoned{}), es.Type[noteEvent]("Misplaced", 1, Misplaced{}),
)

type notebook struct {
	Texts []string `json:"texts"`
	Mass  string   `json:"mass,omitempty"`
}

var errPoison = errors.New("poison")

// noted is the aggregate of notes, with the events of a registry.
func noted(events *es.Registry[noteEvent]) es.Aggregate[struct{}, noteEvent] {
	return es.Aggregate[struct{}, noteEvent]{StreamType: "Note", Events: events}
}

// texts are the rows of all notes.
var texts = projection.OwnRows[string]("texts")

// foldOf is a projection of notebooks that applies the same function to every event.
func foldOf(
	name string, apply func(s *notebook, e projection.Event[noteEvent], w *projection.Writes) error,
) projection.Projection {
	return projection.New(name, 1, projection.From(noted(notes), projection.On(apply)), texts)
}

// logOf is a projection of notes, with a fold version. If mended, it can fold poison.
func logOf(fold int, mended bool) projection.Projection {
	return projection.New("log", fold, projection.From(noted(notes),
		projection.On(func(s *notebook, e projection.Event[Noted], w *projection.Writes) error {
			s.Texts = append(s.Texts, e.Data.Text)
			w.Add(projection.Key{Partition: "letters", Sort: e.Data.Text[:1]}, "count", projection.Int(1))
			texts.Put(w, projection.Key{Partition: "all", Sort: fmt.Sprintf("%04d", e.Version)}, fmt.Sprint(e.Data.Text, fold))
			return nil
		}),
		projection.On(func(_ *notebook, e projection.Event[Fanned], w *projection.Writes) error {
			rows := map[string]bool{}
			for i := range e.Data.Out {
				rows[fmt.Sprintf("%03d", i)] = true
			}
			for row := range rows {
				w.Add(projection.Key{Partition: "fan", Sort: row}, "count", projection.Int(1))
			}
			return nil
		}),
		projection.On(func(s *notebook, e projection.Event[Swollen], _ *projection.Writes) error {
			s.Mass = strings.Repeat("x", e.Data.Bytes)
			return nil
		}),
		projection.On(func(_ *notebook, e projection.Event[Misplaced], w *projection.Writes) error {
			n, err := projection.Decimal(strings.Repeat("1", e.Data.Digits))
			key := projection.Key{Partition: "all"}
			if e.Data.Digits > 1 {
				key.Sort = "sum"
			}
			w.Add(key, "count", n)
			return err
		}),
		projection.On(func(_ *notebook, e projection.Event[Poisoned], _ *projection.Writes) error {
			if mended {
				return nil
			}
			if e.Data.Panic {
				panic("poison")
			}
			return errPoison
		}),
	), texts)
}

// bench is a store, a view and everything else that an engine needs, in memory.
type bench struct {
	store   *memstore.Store
	view    *memview.View
	catalog *memview.Catalog
	queue   *queue
	machine *machine
	now     time.Time
	engine  *projection.Engine
	said    strings.Builder            // the logs of the processes that do starts
	views   map[string]projection.View // of named projections
}

func newBench() *bench {
	b := &bench{
		view:    memview.New(),
		catalog: memview.NewCatalog(),
		queue:   &queue{},
		machine: &machine{},
		now:     time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}
	b.store = memstore.New()
	b.engine = b.engineOf(projection.Config{}, logOf(1, false))
	return b
}

// engineOf returns an engine on the bench, with the newest fold version and older ones.
func (b *bench) engineOf(
	cfg projection.Config, newest projection.Projection, former ...projection.Projection,
) *projection.Engine {
	return b.engineOn(b.store, b.view, b.catalog, cfg, newest, former...)
}

func (b *bench) engineOn(
	store es.Reader, view projection.View, catalog projection.Catalog, cfg projection.Config, newest projection.Projection,
	former ...projection.Projection,
) *projection.Engine {
	cfg.Now = func() time.Time { return b.now }
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return projection.NewEngine(store, catalog, cfg, projection.Subscription{
		Projection: newest, Former: former, View: view,
	})
}

// queued is a configuration with the bench's queue and machine.
func (b *bench) queued() projection.Config {
	return projection.Config{Queue: b.queue, Starter: b.machine}
}

func (b *bench) rebuilder(e *projection.Engine) *projection.Rebuilder {
	return projection.NewRebuilder(e, b.store, projection.RebuildConfig{Segments: 2, Log: slog.New(slog.DiscardHandler)})
}

func note(id string) es.StreamID { return es.StreamID{Type: "Note", ID: id} }

// write appends a commit.
func (b *bench) write(t *testing.T, id string, events ...noteEvent) es.Commit {
	t.Helper()
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		var err error
		if raw[i], err = notes.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.writeRaw(t, id, raw...)
}

func (b *bench) writeRaw(t *testing.T, id string, events ...es.RawEvent) es.Commit {
	t.Helper()
	head, err := b.store.Head(t.Context(), note(id))
	if err != nil {
		t.Fatal(err)
	}
	commits, err := b.store.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: head, Events: events}}, Meta: es.Meta{Actor: "ann", CorrelationID: "corr"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return commits[0].Commit
}

func apply(t *testing.T, e *projection.Engine, commits ...es.Commit) {
	t.Helper()
	if failed := e.Apply(t.Context(), commits); len(failed) > 0 {
		t.Fatalf("streams that failed: %v, want none", failed)
	}
}

func (b *bench) at(t *testing.T, g projection.Generation, id string) projection.Checkpoint {
	t.Helper()
	all, err := b.view.Checkpoints(t.Context(), g, note(id))
	if err != nil {
		t.Fatal(err)
	}
	return all[note(id)]
}

// wantParked fails the test unless exactly these streams are parked: "failed before 2, seen 4", by id.
func (b *bench) wantParked(t *testing.T, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for p, err := range b.view.Parked(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		got[p.Stream.ID] = fmt.Sprintf("%s before %d, seen %d", p.Reason, p.Version, p.Seen)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
}

// rows are all rows and checkpoints of a generation, as text.
func (b *bench) rows(t *testing.T, g projection.Generation, ids ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	var keys []projection.RowKey
	for key, err := range b.view.Keys(t.Context(), g) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := b.view.Rows(t.Context(), g, keys...)
	if err != nil {
		t.Fatal(err)
	}
	for key, row := range rows {
		name := key.Partition + "/" + key.Sort
		if out[name] = string(row.Row); key.Kind == projection.SharedRow {
			out[name] = fmt.Sprint(slices.Sorted(maps.Keys(row.Counters)), row.Counters["count"].String())
		}
	}
	for _, id := range ids {
		cp := b.at(t, g, id)
		out[id] = fmt.Sprintf("%d %d %v %s", cp.Version, cp.RowsWritten, cp.Behind, cp.State)
	}
	return out
}

// wantRows fails the test unless a generation holds what a plain fold of the store makes of these streams.
func (b *bench) wantRows(t *testing.T, g projection.Generation, fold projection.Projection, ids ...string) {
	t.Helper()
	plain := newBench()
	plain.store, plain.now = b.store, time.Time{} // no commit is old
	e := plain.engineOf(projection.Config{}, fold)
	for _, id := range ids {
		for c, err := range b.store.Read(t.Context(), note(id), es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			apply(t, e, c)
		}
	}
	if diff := cmp.Diff(plain.rows(t, 1, ids...), b.rows(t, g, ids...)); diff != "" {
		t.Errorf("generation %d (-plain +got):\n%s", g, diff)
	}
}

func (b *bench) record(t *testing.T) projection.Record {
	t.Helper()
	all, err := b.catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all["log"]
}

// statuses are a record's generations, such as "1 retired, 2 serving".
func (b *bench) statuses(t *testing.T) string {
	t.Helper()
	var out []string
	for _, build := range b.record(t).Builds {
		out = append(out, fmt.Sprint(build.Generation, " ", build.Status))
	}
	return strings.Join(out, ", ")
}

// queue keeps jobs in memory.
type queue struct {
	mu   sync.Mutex
	jobs []projection.Job
	last time.Duration // the delay of the last ones
	err  error
}

func (q *queue) Enqueue(_ context.Context, delay time.Duration, jobs ...projection.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	q.jobs, q.last = append(q.jobs, jobs...), delay
	return nil
}

// take returns and removes all jobs.
func (q *queue) take() []projection.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

// wantJobs fails the test unless the queue holds exactly these jobs, and removes them: "catch-up Note#a".
func (q *queue) wantJobs(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, j := range q.take() {
		got = append(got, jobText(j))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func jobText(j projection.Job) string { return fmt.Sprintf("%s %s", j.Task, j.Stream) }

// settle runs everything that was started, and all jobs, until nothing is left.
func (b *bench) settle(t *testing.T, r *projection.Rebuilder) {
	t.Helper()
	b.machine.settle(t, r)
	for range 20 {
		jobs := b.queue.take()
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatalf("do the job %s: %v", jobText(j), err)
			}
		}
	}
	t.Fatal("the queue does not become empty")
}

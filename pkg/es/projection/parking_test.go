package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestReasonsToPark: a stream that can't be folded is parked with its reason, its earlier events are applied, and other
// streams continue.
func TestReasonsToPark(t *testing.T) {
	t.Parallel()
	b := newBench()
	commits := []es.Commit{
		b.write(t, "poison", Noted{"x"}, Poisoned{}, Noted{"y"}),
		b.write(t, "panic", Noted{"x"}, Poisoned{Panic: true}),
		b.write(t, "state", Noted{"x"}, Swollen{500 << 10}, Noted{"y"}),
		b.write(t, "row", Misplaced{1}),
		b.write(t, "digits", Misplaced{39}),
		b.writeRaw(t, "type", es.RawEvent{Type: "Unheard", Schema: 1, Data: json.RawMessage(`{}`)}),
		b.writeRaw(t, "schema", es.RawEvent{Type: "Noted", Schema: 2, Data: json.RawMessage(`{}`)}),
		b.writeRaw(t, "payload", es.RawEvent{Type: "Noted", Schema: 1, Data: json.RawMessage(`7`)}),
		b.write(t, "good", Noted{"x"}, Noted{"y"}),
	}
	apply(t, b.engine, commits...)
	apply(t, b.engine, b.write(t, "poison", Noted{"z"}))
	b.wantParked(t, map[string]string{
		"poison": "failed before 2, seen 4", "panic": "failed before 2, seen 2", "state": "too-large before 2, seen 3",
		"row": "failed before 1, seen 1", "digits": "failed before 1, seen 1",
		"type": "needs-newer-code before 1, seen 1", "schema": "needs-newer-code before 1, seen 1",
		"payload": "failed before 1, seen 1",
	})
	for id, version := range map[string]int64{"poison": 1, "panic": 1, "state": 1, "row": 0, "type": 0, "good": 2} {
		if got := b.at(t, 1, id).Version; got != version {
			t.Errorf("%s is at %d, want %d", id, got, version)
		}
	}
	if rows := b.rows(t, 1); rows["letters/x"] != "[count]4" || rows["letters/y"] != "[count]1" {
		t.Errorf("rows: %v, want x 4 times and y once", rows)
	}
}

// TestRetryByOtherCode: code that failed leaves a parked stream alone. Other code retries it with the next delivery,
// and misses nothing that was delivered in the meantime.
func TestRetryByOtherCode(t *testing.T) {
	t.Parallel()
	b := newBench()
	bad := b.write(t, "a", Noted{"x"}, Poisoned{})
	apply(t, b.engine, bad)
	apply(t, b.engine, b.write(t, "a", Noted{"y"})) // never delivered again
	apply(t, b.engine, bad)
	b.wantParked(t, map[string]string{"a": "failed before 2, seen 3"})

	still := b.engineOf(projection.Config{CodeVersion: func() string { return "2" }}, logOf(1, false))
	apply(t, still, bad)
	b.wantParked(t, map[string]string{"a": "failed before 2, seen 3"})
	if got := b.at(t, 1, "a").Parked.Code; got != "2" {
		t.Errorf("parked by code %q, want the one that tried last", got)
	}
	mended := b.engineOf(projection.Config{CodeVersion: func() string { return "3" }}, logOf(1, true))
	apply(t, mended, bad)
	b.wantParked(t, map[string]string{})
	b.wantRows(t, 1, logOf(1, true), "a")
}

// TestRetryOnStart: a process enqueues retries of what other code parked.
func TestRetryOnStart(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Poisoned{}), b.write(t, "b", Noted{"x"}))
	same := b.engineOf(b.queued(), logOf(1, false))
	if err := same.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.queue.wantJobs(t)
	cfg := b.queued()
	cfg.CodeVersion = func() string { return "2" }
	mended := b.engineOf(cfg, logOf(1, true))
	if err := mended.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	jobs := b.queue.jobs
	b.queue.wantJobs(t, "catch-up Note#a")
	if err := b.rebuilder(mended).Do(t.Context(), jobs[0]); err != nil {
		t.Fatal(err)
	}
	b.wantParked(t, map[string]string{})
	b.wantRows(t, 1, logOf(1, true), "a", "b")
}

// between calls before once, before a save of a stream that was parked.
type between struct {
	projection.View
	before, after func()
}

func (v *between) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.before != nil && len(moves) == 1 && moves[0].Prev.Parked != nil {
		before, after := v.before, v.after
		v.before = nil
		before()
		err := v.View.Save(ctx, g, moves, rows)
		after()
		return err
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestDeliveredWhileRetried: a commit that is delivered during the retry of a parked stream is not lost, even if no
// other follows: neither one that the other engine only recorded as seen, because it saw the stream parked, nor one
// that comes too late for that.
func TestDeliveredWhileRetried(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}, Poisoned{}))
	view := &between{View: b.view}
	mended := b.engineOn(b.store, view, b.catalog, projection.Config{CodeVersion: func() string {
		return "2"
	}}, logOf(1, true))
	// noted, just before the stream is parked no longer
	view.before = func() { apply(t, b.engine, b.write(t, "a", Noted{"y"})) }
	view.after = func() {}
	if err := mended.RetryStream(t.Context(), note("a"), "log"); err != nil {
		t.Fatal(err)
	}
	b.wantRows(t, 1, logOf(1, true), "a")
}

// TestNotedTooLate: a stream was retried between the read of its checkpoint and the record that a commit was seen.
func TestNotedTooLate(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}, Poisoned{}))
	mended := b.engineOf(projection.Config{CodeVersion: func() string { return "2" }}, logOf(1, true))
	view := &noting{View: b.view, before: func() {
		if err := mended.RetryStream(t.Context(), note("a"), "log"); err != nil {
			t.Error(err)
		}
	}}
	late := b.write(t, "a", Noted{"y"})
	hidden := &upTo{Reader: b.store, last: 2} // the retry reads before the event is there
	mended = b.engineOn(hidden, b.view, b.catalog, projection.Config{CodeVersion: func() string {
		return "2"
	}}, logOf(1, true))
	apply(t, b.engineOn(b.store, view, b.catalog, projection.Config{}, logOf(1, true)), late)
	b.wantRows(t, 1, logOf(1, true), "a")
}

type noting struct {
	projection.View
	before func()
}

func (v *noting) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	if v.before != nil {
		before := v.before
		v.before = nil
		before()
	}
	return v.View.Seen(ctx, g, stream, version)
}

// upTo shows streams up to a version.
type upTo struct {
	es.Reader
	last int64
}

func (r *upTo) Read(ctx context.Context, stream es.StreamID, rng es.Range) iter.Seq2[es.Commit, error] {
	rng.To = r.last
	return r.Reader.Read(ctx, stream, rng)
}

// damaged breaks the commit that holds a version.
type damaged struct {
	es.Reader
	version int64
}

func (r *damaged) Read(ctx context.Context, stream es.StreamID, rng es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for c, err := range r.Reader.Read(ctx, stream, rng) {
			if err == nil && c.LastVersion() >= r.version {
				yield(es.Commit{}, &es.CorruptError{Stream: stream, Version: c.Version, Reason: "test"})
				return
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func TestCorruptCommitParks(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.write(t, "a", Noted{"x"})
	b.write(t, "a", Noted{"y"})
	last := b.write(t, "a", Noted{"z"})
	e := b.engineOn(&damaged{b.store, 2}, b.view, b.catalog, projection.Config{}, logOf(1, false))
	apply(t, e, last, b.write(t, "b", Noted{"x"}))
	b.wantParked(t, map[string]string{"a": "failed before 2, seen 3"})
	if a, other := b.at(t, 1, "a").Version, b.at(t, 1, "b").Version; a != 1 || other != 1 {
		t.Errorf("versions of a and b: %d and %d, want 1 and 1", a, other)
	}
}

// TestOutagesParkNothing: an error that the stream does not cause makes it fail, and the next delivery succeeds.
func TestOutagesParkNothing(t *testing.T) {
	t.Parallel()
	b := newBench()
	first, second := b.write(t, "a", Noted{"x"}, Fanned{200}), b.write(t, "a", Noted{"y"})
	for n := 1; ; n++ {
		f := &faults{fail: n}
		e := b.engineOn(f.reader(b.store), f.view(b.view), f.catalog(b.catalog), projection.Config{}, logOf(1, false))
		failed := e.Apply(t.Context(), []es.Commit{second})
		if !f.failed() {
			break
		}
		if err := failed[note("a")]; !errors.Is(err, errOutage) && b.at(t, 1, "a").Version != 3 {
			t.Errorf("call %d fails: %v", n, err)
		}
		b.wantParked(t, map[string]string{})
		if n > 100 {
			t.Fatal("the projection never succeeded")
		}
	}
	apply(t, b.engine, first, second)
	b.wantRows(t, 1, logOf(1, false), "a")
}

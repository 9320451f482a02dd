package subjects_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// A letter has a sender, who owns it, and is addressed to another person.
type (
	letterEvent interface{ letterEvent() }
	written     struct {
		From string `json:"from" personal:"owner" erased:"\"(erased)\""`
		ToID string `json:"toId"`
		To   string `json:"to" personal:"subject=toId" erased:"\"(erased)\""`
	}
	posted struct {
		Cents int `json:"cents"`
	}
	letter struct {
		From, To string
		Cents    int
	}
)

func (written) letterEvent() {}
func (posted) letterEvent()  {}

var letters = es.Aggregate[letter, letterEvent]{
	StreamType: "Letter",
	Events: es.NewRegistry(
		es.Type[letterEvent]("Written", 1, written{}), es.Type[letterEvent]("Posted", 1, posted{})),
	Evolve: func(s *letter, event letterEvent) {
		switch e := event.(type) {
		case written:
			s.From, s.To = e.From, e.To
		case posted:
			s.Cents += e.Cents
		}
	},
}

// office is a post office on stores in memory, with a clock that the test moves.
type office struct {
	plain     *memstore.Store
	store     *personal.Store
	keys      personal.Keys
	view      *memview.View
	engine    *projection.Engine
	snapshots *memstore.Snapshots
	letters   *es.Repository[letter, letterEvent]
	now       time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{
		plain: memstore.New(), keys: memkeys.New(), view: memview.New(), snapshots: new(memstore.Snapshots),
		now: time.Now().UTC().Truncate(time.Microsecond), // the library compares the wall clock
	}
	o.open(t)
	for i := range 7 {
		id, cmd := fmt.Sprint(i), es.Command{Meta: es.Meta{Actor: fmt.Sprint("sender-", i%2)}}
		_, err := o.letters.Create(t.Context(), id, cmd, func() ([]letterEvent, error) {
			return []letterEvent{written{fmt.Sprint("Ada ", i%2), fmt.Sprint("friend-", i%3), fmt.Sprint("Bob ", i%3)}, posted{5}}, nil
		})
		if err == nil {
			err = o.engine.CatchUp(t.Context(), letters.Stream(id))
		}
		if err == nil {
			err = o.letters.Snapshot(t.Context(), letters.Stream(id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// open opens everything again, as another process would.
func (o *office) open(t *testing.T) {
	t.Helper()
	var err error
	o.store, err = personal.NewStore(o.plain, o.keys, personal.Config{
		CacheFor: 5 * time.Minute, Now: func() time.Time { return o.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	names := projection.AppendRows[string]("names")
	p := projection.New("letters", 1, projection.From(letters, projection.On(
		func(d *letter, e projection.Event[letterEvent], w *projection.Writes) error {
			letters.Evolve(d, e.Data)
			if e, is := e.Data.(written); is {
				names.Append(w, "all", e.From+" to "+e.To)
			}
			return nil
		})), names)
	o.engine = projection.NewEngine(o.store, memview.NewCatalog(), projection.Config{Log: slog.New(slog.DiscardHandler)},
		projection.Subscription{Projection: p, View: o.view})
	o.letters = es.Open(o.store, letters, es.RepositoryConfig{Snapshots: es.Snapshots{Store: o.snapshots, Every: 1, Schema: 1}})
}

func (o *office) forgetter(keys personal.Keys, cfg subjects.Config) *subjects.Forgetter {
	cfg.Now, cfg.Log = func() time.Time { return o.now }, slog.New(slog.DiscardHandler)
	cfg.Published = func(context.Context, es.StreamID) (map[string]int, error) {
		return map[string]int{"letter.posted.v1": 1}, nil
	}
	return subjects.NewForgetter(subjects.Stores{
		Events: o.store, Keys: keys, Engine: o.engine, Snapshots: o.snapshots,
	}, cfg)
}

func (o *office) key(t *testing.T, subject string) personal.Key {
	t.Helper()
	found, err := o.keys.Load(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return found[subject]
}

func (o *office) request(t *testing.T, subject string) int {
	t.Helper()
	r := es.Open(o.store, subjects.Aggregate)
	out, err := r.CreateOrExecute(t.Context(), subject, es.Command{Meta: es.Meta{CorrelationID: "c", Actor: "operator"}},
		func(s subjects.State) ([]subjects.Event, error) { return s.Request(o.now, o.key(t, subject)), nil })
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Events)
}

// derived is everything that is stored besides events and keys, as text.
func (o *office) derived(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	var keys []projection.RowKey
	for key, err := range o.view.Keys(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := o.view.Rows(t.Context(), 1, keys...)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		one, err := json.Marshal(rows[key])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%v %s\n", key, one)
	}
	for i := range 7 {
		stream := letters.Stream(fmt.Sprint(i))
		at, err := o.view.Checkpoints(t.Context(), 1, stream)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s %s\n", stream, at[stream].State)
		snapshot, err := o.snapshots.LoadSnapshot(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if snapshot != nil {
			fmt.Fprintf(&text, "%s %s\n", stream, snapshot.State)
		}
	}
	return text.String()
}

// TestForget: the key goes first, derived data after the wait; the report says what was done; others' data stays.
func TestForget(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	f := o.forgetter(o.keys, subjects.Config{StreamsAtOnce: 2})
	if _, err := f.Advance(t.Context(), "sender-1"); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("advance before it was requested: %v", err)
	}
	if n := o.request(t, "sender-1"); n != 1 {
		t.Errorf("a request stored %d events, want 1", n)
	}
	if n := o.request(t, "sender-1"); n != 0 {
		t.Errorf("a request that was repeated at once stored %d events, want none", n)
	}
	p, err := f.Advance(t.Context(), "sender-1")
	if err != nil || p != (subjects.Progress{Wait: 6 * time.Minute}) {
		t.Fatalf("after the key was deleted: %+v, %v, want a wait of 6 minutes", p, err)
	}
	if got := o.derived(t); !strings.Contains(got, "Ada 1") {
		t.Errorf("derived data was cleared while processes may have the key: %s", got)
	}
	_, err = o.letters.Create(t.Context(), "new", es.Command{Meta: es.Meta{Actor: "sender-1"}},
		func() ([]letterEvent, error) { return []letterEvent{written{"Ada 1", "friend-1", "Bob 1"}}, nil })
	if err != nil {
		t.Errorf("a process that has the key in memory may still use it: %v", err)
	}
	o.now = o.now.Add(6 * time.Minute)
	p, err = f.Advance(t.Context(), "sender-1")
	if err != nil || !p.Done {
		t.Fatalf("after the wait: %+v, %v, want done", p, err)
	}
	if p, err = f.Advance(t.Context(), "sender-1"); err != nil || !p.Done {
		t.Errorf("again: %+v, %v, want done", p, err)
	}
	if got := o.derived(t); strings.Contains(got, "Ada 1") || strings.Count(got, "Ada 0") != 12 ||
		!strings.Contains(got, "(erased)") {
		t.Errorf("after sender-1 was forgotten: %s", got)
	}
	got, err := subjects.ReportOf(t.Context(), o.store, o.keys, "sender-1")
	at, deleted := o.now, o.now.Add(-6*time.Minute)
	final := at.Add(7 * 24 * time.Hour)
	want := subjects.Report{
		Status: subjects.Forgotten, RequestedAt: &deleted, KeyDeletedAt: &deleted, Until: &at, Streams: 4,
		Counts:    subjects.Counts{Documents: 4, Rows: 4, Snapshots: 3},
		Published: []subjects.Published{{Type: "letter.posted.v1", Events: 4}}, ForgottenAt: &at, Final: &final,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("report (-want +got): %v\n%s", err, diff)
	}
	o.now = o.now.Add(time.Hour)
	if n := o.request(t, "sender-1"); n != 0 {
		t.Errorf("a request for a subject that is forgotten stored %d events, want none", n)
	}
	_, err = o.letters.Create(t.Context(), "newer", es.Command{Meta: es.Meta{Actor: "sender-1"}},
		func() ([]letterEvent, error) { return []letterEvent{written{"Ada 1", "friend-1", "Bob 1"}}, nil })
	if !errors.As(err, new(*personal.ForgottenError)) {
		t.Errorf("a new event about a forgotten subject: %v", err)
	}
}

// failing fails one call of the keys, before or after it did its work.
type failing struct {
	personal.Keys
	at, calls int
	lost      bool
}

var errLost = errors.New("lost connection")

func (f *failing) fails() bool { f.calls++; return f.calls == f.at }

func (f *failing) Forget(ctx context.Context, subject string, at time.Time) (personal.Key, error) {
	if fails := f.fails(); fails && !f.lost {
		return personal.Key{}, errLost
	} else if fails {
		_, _ = f.Keys.Forget(ctx, subject, at)
		return personal.Key{}, errLost
	}
	return f.Keys.Forget(ctx, subject, at)
}

func (f *failing) Streams(ctx context.Context, subject string) iter.Seq2[es.StreamID, error] {
	if f.fails() {
		return func(yield func(es.StreamID, error) bool) { yield(es.StreamID{}, errLost) }
	}
	return f.Keys.Streams(ctx, subject)
}

// TestInterrupted: wherever a forgetting ends too soon, another process brings it to the same end.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		for at := 1; at <= 6; at++ {
			o := newOffice(t)
			keys := &failing{Keys: o.keys, at: at, lost: lost}
			o.request(t, "friend-0")
			errs := 0
			for done := false; !done; {
				o.open(t) // a process that knows nothing of the last one
				p, err := o.forgetter(keys, subjects.Config{StreamsAtOnce: 1}).Advance(t.Context(), "friend-0")
				if err != nil {
					errs++
				}
				done, o.now = p.Done && err == nil, o.now.Add(p.Wait)
			}
			report, err := subjects.ReportOf(t.Context(), o.store, o.keys, "friend-0")
			if got := o.derived(t); err != nil || errs > 1 || report.Streams != 3 || report.Documents != 3 ||
				strings.Contains(got, "Bob 0") || !strings.Contains(got, "Bob 1") {
				t.Errorf("call %d fails (lost answer: %t): %d errors, %+v, %v\n%s", at, lost, errs, report, err, got)
			}
		}
	}
}

// TestRenewedMeanwhile: if the key was deleted, that was not recorded, and the subject got another key since, the new one
// stays.
func TestRenewedMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.request(t, "friend-1")
	if _, err := o.keys.Forget(t.Context(), "friend-1", o.now); err != nil {
		t.Fatal(err)
	}
	next := personal.Key{Subject: "friend-1", Number: 2, Secret: make([]byte, personal.KeyBytes), At: o.now}
	if _, err := o.keys.Create(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := o.forgetter(o.keys, subjects.Config{}).Advance(t.Context(), "friend-1"); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(6 * time.Minute)
	}
	if key := o.key(t, "friend-1"); key.Number != 2 || key.Forgotten || strings.Contains(o.derived(t), "Bob 1") {
		t.Errorf("key %d, forgotten %t, want 2, kept; derived data:\n%s", key.Number, key.Forgotten, o.derived(t))
	}
}

// TestAdvanceTwice: two processes that forget the same subject at once do no harm.
func TestAdvanceTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.request(t, "friend-1")
	both := func() {
		done := make(chan error)
		for range 2 {
			go func() {
				_, err := o.forgetter(o.keys, subjects.Config{StreamsAtOnce: 1}).Advance(t.Context(), "friend-1")
				done <- err
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	both()
	o.now = o.now.Add(6 * time.Minute)
	both()
	report, err := subjects.ReportOf(t.Context(), o.store, o.keys, "friend-1")
	if err != nil || report.Status != subjects.Forgotten || report.Streams != 2 ||
		strings.Contains(o.derived(t), "Bob 1") {
		t.Errorf("two processes: %+v, %v\n%s", report, err, o.derived(t))
	}
}

// inTheClear stores a letter from before its fields were marked, and notes its people.
func (o *office) inTheClear(t *testing.T) {
	t.Helper()
	stream := letters.Stream("old")
	head, err := o.plain.Head(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.plain.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: head, Events: []es.RawEvent{
			{Type: "Written", Schema: 1, Data: []byte(`{"from":"Ada in the clear","toId":"friend-1","to":"Bob in the clear"}`)},
			{Type: "Posted", Schema: 1, Data: []byte(`{"cents":5}`)},
		}}}, Meta: es.Meta{Actor: "sender-1"},
	})
	for _, subject := range []string{"sender-1", "friend-1"} {
		if err == nil {
			err = o.keys.Note(t.Context(), subject, stream)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestExport: a person sees all of their own streams, of others what is about them, and nothing about others.
func TestExport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := &subjects.Exporter{Events: o.store, Owners: func(first *es.Commit) ([]string, error) {
		return []string{first.Meta.Actor}, nil
	}}
	export := func(subject string) (all []string) {
		t.Helper()
		for stream, err := range x.Streams(t.Context(), subject) {
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range stream.Events {
				all = append(all, fmt.Sprintf("%s@%d %s %s", stream.ID, e.Version, e.Type, e.Data))
			}
		}
		return all
	}
	if diff := cmp.Diff([]string{
		`1@1 Written {"from":"Ada 1","toId":"friend-1","to":"(erased)"}`, `1@2 Posted {"cents":5}`,
		`3@1 Written {"from":"Ada 1","toId":"friend-0","to":"(erased)"}`, `3@2 Posted {"cents":5}`,
		`5@1 Written {"from":"Ada 1","toId":"friend-2","to":"(erased)"}`, `5@2 Posted {"cents":5}`,
	}, export("sender-1")); diff != "" {
		t.Errorf("of a sender (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		`1@1 Written {"from":"(erased)","toId":"friend-1","to":"Bob 1"}`,
		`4@1 Written {"from":"(erased)","toId":"friend-1","to":"Bob 1"}`,
	}, export("friend-1")); diff != "" {
		t.Errorf("of a friend (-want +got):\n%s", diff)
	}
	o.inTheClear(t)
	x.Again = letters.Events.Again
	if diff := cmp.Diff([]string{
		`1@1 Written {"from":"(erased)","toId":"friend-1","to":"Bob 1"}`,
		`4@1 Written {"from":"(erased)","toId":"friend-1","to":"Bob 1"}`,
		`old@1 Written {"from":"(erased)","toId":"friend-1","to":"Bob in the clear"}`,
	}, export("friend-1")); diff != "" {
		t.Errorf("of a friend, with a letter in the clear (-want +got):\n%s", diff)
	}
	if got, want := export("sender-1"), []string{
		`old@1 Written {"from":"Ada in the clear","toId":"friend-1","to":"(erased)"}`, `old@2 Posted {"cents":5}`,
	}; len(got) != 8 || !slices.Equal(got[6:], want) {
		t.Errorf("of a sender, with a letter in the clear: %q, want %q at the end", got, want)
	}
	if got := export("nobody"); got != nil {
		t.Errorf("of nobody: %q", got)
	}
	o.keys = memkeys.New() // a table of keys that was replaced
	o.open(t)
	x.Events = o.store
	if _, err := x.Stream(t.Context(), letters.Stream("1"), "sender-1"); !errors.As(err, new(*personal.MissingKeyError)) {
		t.Errorf("without keys: %v", err)
	}
}

// TestReportOfKnown: the report of somebody whom nobody asked to forget counts the streams.
func TestReportOfKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	got, err := subjects.ReportOf(t.Context(), o.store, o.keys, "sender-0")
	if diff := cmp.Diff(subjects.Report{Status: subjects.Known, Streams: 4, Published: []subjects.Published{}}, got); err != nil || diff != "" {
		t.Errorf("report (-want +got): %v\n%s", err, diff)
	}
	for _, id := range []string{"nobody", "", "\xe2", strings.Repeat("é", personal.MaxSubjectBytes/2+1)} {
		if _, err := subjects.ReportOf(t.Context(), o.store, o.keys, id); !errors.As(err, new(*es.NotFoundError)) {
			t.Errorf("report of %q: %v, want a NotFoundError", id, err)
		}
	}
}

// TestReapply: keys that a recovered table has again are deleted again, and no others. Notes that it lost are back.
func TestReapply(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	recovered := memkeys.New()
	for key, err := range o.keys.Subjects(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all, err := o.keys.Load(t.Context(), key.Subject)
		if err == nil {
			_, err = recovered.Create(t.Context(), all[key.Subject])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{"sender-1", "friend-2"} {
		o.request(t, subject)
		if _, err := o.forgetter(o.keys, subjects.Config{}).Advance(t.Context(), subject); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 0} {
		got, err := subjects.Reapply(t.Context(), o.plain, recovered, o.now)
		if err != nil || got != (subjects.Reapplied{Deleted: want, Noted: 14}) {
			t.Errorf("reapplied %+v, %v, want %d keys deleted and 14 streams noted", got, err, want)
		}
	}
	if names, err := subjects.StreamNames(t.Context(), recovered, "sender-0"); err != nil || len(names) != 4 {
		t.Errorf("streams of sender-0 in the recovered table: %v, %v, want 4", names, err)
	}
	var forgotten []string
	for key, err := range recovered.Subjects(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if key.Forgotten {
			forgotten = append(forgotten, key.Subject)
		}
	}
	slices.Sort(forgotten)
	if !slices.Equal(forgotten, []string{"friend-2", "sender-1"}) {
		t.Errorf("forgotten in the recovered table: %q", forgotten)
	}
}

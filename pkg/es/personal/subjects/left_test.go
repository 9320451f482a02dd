package subjects_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// models replaces the office's read models: one of each name, which folds by fold, on the catalog.
func (o *office) models(
	t *testing.T, catalog *memview.Catalog, fold func(*letter, projection.Event[letterEvent]) error, names ...string,
) map[string]*memview.View {
	t.Helper()
	views, subscriptions := map[string]*memview.View{}, []projection.Subscription{}
	for _, name := range names {
		views[name] = memview.New()
		p := projection.New(name, 1, projection.From(letters, projection.On(
			func(d *letter, e projection.Event[letterEvent], _ *projection.Writes) error { return fold(d, e) })))
		subscriptions = append(subscriptions, projection.Subscription{Projection: p, View: views[name]})
	}
	o.engine = projection.NewEngine(o.store, catalog, projection.Config{Log: slog.New(slog.DiscardHandler)}, subscriptions...)
	for _, id := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		if err := o.engine.CatchUp(t.Context(), letters.Stream(id)); err != nil {
			t.Fatal(err)
		}
	}
	return views
}

func evolved(d *letter, e projection.Event[letterEvent]) error {
	letters.Evolve(d, e.Data)
	return nil
}

// documents are the documents of a view, as text.
func documents(t *testing.T, view *memview.View) string {
	t.Helper()
	var text strings.Builder
	for _, id := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		at, err := view.Checkpoints(t.Context(), 1, letters.Stream(id))
		if err != nil {
			t.Fatal(err)
		}
		text.Write(at[letters.Stream(id)].State)
	}
	return text.String()
}

// late requests to forget a subject, and moves the clock until its data may be cleared.
func (o *office) late(t *testing.T, subject string) {
	t.Helper()
	o.request(t, subject)
	if _, err := o.forgetter(o.keys, subjects.Config{}).Advance(t.Context(), subject); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(6 * time.Minute)
}

func (o *office) report(t *testing.T, subject string) subjects.Report {
	t.Helper()
	report, err := subjects.ReportOf(t.Context(), o.store, o.keys, subject)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestFoldFails: a stream whose fold fails keeps no other from being cleared, whatever their order. The error names it
// and cites nobody's data. With another fold, the forgetting ends.
func TestFoldFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	catalog, bad := memview.NewCatalog(), true
	view := o.models(t, catalog, func(d *letter, e projection.Event[letterEvent]) error {
		if data, is := e.Data.(written); is && data.From == "(erased)" && e.Stream.ID == "1" && bad {
			return errors.New("no sender for " + data.To)
		}
		return evolved(d, e)
	}, "letters")["letters"]
	o.late(t, "sender-1")
	f := o.forgetter(o.keys, subjects.Config{StreamsAtOnce: 2})
	for range 2 {
		_, err := f.Advance(t.Context(), "sender-1")
		if err == nil || !strings.Contains(err.Error(), "Letter#1") || strings.Contains(err.Error(), "Bob") {
			t.Errorf("with a stream that can't be folded: %v", err)
		}
	}
	if got := documents(t, view); strings.Count(got, "Ada 1") != 1 || o.report(t, "sender-1").Streams != 2 {
		t.Errorf("the other streams: %+v\n%s", o.report(t, "sender-1"), got)
	}
	bad = false
	if p, err := f.Advance(t.Context(), "sender-1"); err != nil || !p.Done || strings.Contains(documents(t, view), "Ada 1") {
		t.Errorf("with another fold: %+v, %v\n%s", p, err, documents(t, view))
	}
}

// TestUncounted: public events that can't be counted keep nobody from being forgotten.
func TestUncounted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.late(t, "sender-1")
	f := subjects.NewForgetter(
		subjects.Stores{Events: o.store, Keys: o.keys, Engine: o.engine, Snapshots: o.snapshots}, subjects.Config{
			Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
			Published: func(context.Context, es.StreamID) (map[string]int, error) { return nil, errors.New("no public form") },
		})
	p, err := f.Advance(t.Context(), "sender-1")
	if report := o.report(t, "sender-1"); err != nil || !p.Done || report.Uncounted != 3 {
		t.Errorf("%+v, %v, %+v, want done and 3 uncounted", p, err, report)
	}
}

// TestUnknownReadModel: a read model that the code does not have is named, and the subject can be forgotten again by
// code that has it. Reactions are no read models.
func TestUnknownReadModel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	catalog := memview.NewCatalog()
	views := o.models(t, catalog, evolved, "known", "newer", "reaction")
	all := o.engine
	o.models(t, catalog, evolved, "known")
	o.late(t, "sender-1")
	forget := func() {
		t.Helper()
		f := o.forgetter(o.keys, subjects.Config{Reactions: []string{"reaction"}})
		if p, err := f.Advance(t.Context(), "sender-1"); err != nil || !p.Done && p.Wait == 0 {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	forget()
	if report := o.report(t, "sender-1"); !slices.Equal(report.Unknown, []string{"newer"}) {
		t.Errorf("report %+v, want newer as unknown", report)
	}
	o.engine = all
	o.now = o.now.Add(time.Hour)
	if n := o.request(t, "sender-1"); n != 1 {
		t.Errorf("a request after a read model was unknown stored %d events, want 1", n)
	}
	forget()
	o.now = o.now.Add(6 * time.Minute)
	forget()
	if report := o.report(t, "sender-1"); report.Unknown != nil || strings.Contains(documents(t, views["newer"]), "Ada 1") {
		t.Errorf("with all read models: %+v\n%s", report, documents(t, views["newer"]))
	}
}

// TestDropping: while a generation is being dropped, its rows are there, so nobody is forgotten. After a day it is an
// error.
func TestDropping(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	catalog := memview.NewCatalog()
	o.models(t, catalog, evolved, "letters")
	records, err := catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	record := records["letters"]
	dropped := record.Builds[0]
	dropped.Generation, dropped.Status = 2, projection.Dropping
	record.Builds = append(record.Builds, dropped)
	if err := catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	o.late(t, "sender-1")
	f := o.forgetter(o.keys, subjects.Config{})
	if p, err := f.Advance(t.Context(), "sender-1"); err != nil || p.Done || p.Wait != 5*time.Minute {
		t.Errorf("while a generation is dropped: %+v, %v, want a wait", p, err)
	}
	o.now = o.now.Add(25 * time.Hour)
	if _, err := f.Advance(t.Context(), "sender-1"); err == nil || !strings.Contains(err.Error(), "are being dropped") {
		t.Errorf("after a day: %v", err)
	}
	record.Revision++
	record.Builds = record.Builds[:1]
	if err := catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if p, err := f.Advance(t.Context(), "sender-1"); err != nil || !p.Done {
		t.Errorf("after it was dropped: %+v, %v", p, err)
	}
}

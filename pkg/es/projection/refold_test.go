package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// diary is a document of texts, of which some may be erased.
type diary struct {
	Texts []string `json:"texts"`
}

// The lists of diaries.
var (
	latest = projection.IndexRows("latest", func(d *diary) (at projection.Key, row string, in bool) {
		if len(d.Texts) == 0 {
			return at, "", false
		}
		return projection.Key{Partition: "latest", Sort: fmt.Sprintf("%04d", len(d.Texts))}, d.Texts[len(d.Texts)-1], true
	})
	moments = projection.AppendRows[string]("moments")
	details = projection.OwnRows[string]("details")
)

// erased is what is shown in place of a text.
const erased = "erased"

// diaryOf is a projection of notes that shows the texts that a process can read, and others as erased. With extras, a
// readable text also has an append row and an own row. If mended, it can fold poison.
func diaryOf(fold int, unreadable func(es.StreamID) bool, extras, mended bool) projection.Projection {
	return projection.New("log", fold, projection.From(noted(notes),
		projection.On(func(d *diary, e projection.Event[Noted], w *projection.Writes) error {
			text, readable := e.Data.Text, !unreadable(e.Stream)
			if !readable {
				text = erased
			}
			d.Texts = append(d.Texts, text)
			w.Add(projection.Key{Partition: "notes", Sort: "all"}, "count", projection.Int(1))
			moments.Append(w, "all", text)
			details.Put(w, projection.Key{Partition: "details", Sort: fmt.Sprintf("%04d", e.Version)}, text)
			if n := len(d.Texts); n%3 == 0 {
				details.Delete(w, projection.Key{Partition: "details", Sort: fmt.Sprintf("%04d", e.Version-1)})
			}
			if extras && readable {
				moments.Append(w, "extra", text)
				details.Put(w, projection.Key{Partition: "extra", Sort: fmt.Sprintf("%04d", e.Version)}, text)
			}
			return nil
		}),
		projection.On(func(_ *diary, e projection.Event[Fanned], w *projection.Writes) error {
			text := "fanned"
			if unreadable(e.Stream) {
				text = erased
			}
			for i := range e.Data.Out {
				details.Put(w, projection.Key{Partition: "fan", Sort: fmt.Sprintf("%04d-%03d", e.Version, i)}, text)
				w.Add(projection.Key{Partition: "fan", Sort: fmt.Sprintf("%03d", i)}, "count", projection.Int(1))
			}
			moments.Append(w, "all", text)
			return nil
		}),
		projection.On(func(_ *diary, _ projection.Event[Poisoned], w *projection.Writes) error {
			if !mended {
				return errPoison
			}
			moments.Append(w, "all", "mended")
			return nil
		}),
	), latest, moments, details)
}

func readable(es.StreamID) bool   { return false }
func unreadable(es.StreamID) bool { return true }

// refold folds streams again, and fails the test if that fails.
func refold(t *testing.T, e *projection.Engine, ids ...string) projection.Refolded {
	t.Helper()
	streams := make([]es.StreamID, len(ids))
	for i, id := range ids {
		streams[i] = note(id)
	}
	out, err := e.Refold(t.Context(), streams)
	if err != nil {
		t.Fatalf("refold: %v", err)
	}
	return out
}

// holds are the rows and checkpoints of a generation that contain a text, whether they count or not.
func (b *bench) holds(t *testing.T, g projection.Generation, text string, ids ...string) (out []string) {
	t.Helper()
	for key, row := range b.stored(t, g) {
		if strings.Contains(string(row.Row), text) {
			out = append(out, fmt.Sprint(key))
		}
	}
	for _, id := range ids {
		at := b.at(t, g, id)
		if strings.Contains(string(at.State), text) || strings.Contains(fmt.Sprintf("%s", at.Slots), text) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func (b *bench) verify(t *testing.T, e *projection.Engine, g projection.Generation) {
	t.Helper()
	if _, err := b.rebuilder(e).Verify(t.Context(), "log", g); err != nil {
		t.Error(err)
	}
}

// TestRefold: after a refold with another result, the document, its places and its rows are those of the new fold. Rows
// that it does not make are gone; counters and other streams are unchanged; verification finds no difference.
func TestRefold(t *testing.T) {
	t.Parallel()
	for _, writes := range []int{3, 4, 7, 100} {
		t.Run(fmt.Sprint(writes, " writes"), func(t *testing.T) {
			t.Parallel()
			b := newBench()
			b.view = memview.New(memview.Config{MaxWrites: writes})
			plain := b.engineOf(projection.Config{}, diaryOf(1, readable, true, false))
			apply(t, plain,
				b.write(t, "a", Noted{"secret 1"}, Noted{"secret 2"}), b.write(t, "b", Noted{"kept"}),
				b.write(t, "a", Noted{"secret 3"}, Fanned{12}), b.write(t, "a", Swollen{1}, Noted{"secret 4"}))
			before := b.at(t, 1, "a")
			erasing := func(s es.StreamID) bool { return s == note("a") }
			fold := diaryOf(1, erasing, true, false)
			e := b.engineOf(projection.Config{}, fold)
			if out := refold(t, e, "a", "a", "unknown"); out.Documents != 1 || out.Rows < 20 {
				t.Errorf("refold a: %+v, want 1 document and at least 20 rows", out)
			}
			after := b.at(t, 1, "a")
			if after.Version != before.Version || after.Epoch() <= before.Epoch() || after.At != before.At ||
				after.Owner != "ann" {
				t.Errorf("checkpoint before %+v, after %+v; want a later epoch alone", before, after)
			}
			if found := b.holds(t, 1, "secret", "a", "b"); len(found) > 0 {
				t.Errorf("rows with the forgotten text: %v, want none", found)
			}
			b.wantShown(t, 1, fold, "a", "b")
			b.verify(t, e, 1)
			// The process with the old document in memory continues with the new one; its own fold gives the old
			// result.
			apply(t, e, b.write(t, "a", Noted{"secret 5"}))
			apply(t, plain, b.write(t, "a", Swollen{1}), b.write(t, "a", Noted{"secret 6"}))
			if diff := cmp.Diff([]string{erased, erased, erased, erased, erased, "secret 6"}, textsOf(t, b, "a")); diff != "" {
				t.Error(diff)
			}
			refold(t, e, "a", "b")
			refold(t, e, "a", "b")
			if found := b.holds(t, 1, "secret", "a", "b"); len(found) > 0 {
				t.Errorf("rows with the forgotten text: %v, want none", found)
			}
			b.wantShown(t, 1, fold, "a", "b")
			b.verify(t, e, 1)
			// Back: rows that were emptied count again.
			refold(t, plain, "a", "b")
			b.wantShown(t, 1, diaryOf(1, readable, true, false), "a", "b")
			b.verify(t, plain, 1)
		})
	}
}

func textsOf(t *testing.T, b *bench, id string) []string {
	t.Helper()
	var d diary
	if err := json.Unmarshal(b.at(t, 1, id).State, &d); err != nil {
		t.Fatal(err)
	}
	return d.Texts
}

// TestRefoldOfNothing: a stream without a checkpoint is folded, and its first document has a higher epoch than the one
// that another process is about to store. A stream without any event that concerns the projection gets no checkpoint.
func TestRefoldOfNothing(t *testing.T) {
	t.Parallel()
	b := newBench()
	late := &halting{View: b.view, halt: func(call string) bool { return call == "save" }}
	plain := b.engineOn(b.store, late, b.catalog, projection.Config{}, diaryOf(1, readable, false, false))
	c := b.write(t, "a", Noted{"secret"})
	b.write(t, "quiet", Swollen{1})
	if failed := plain.Apply(t.Context(), []es.Commit{c}); len(failed) != 1 { // its row is appended
		t.Fatal(failed)
	}
	fold := diaryOf(1, unreadable, false, false)
	e := b.engineOf(projection.Config{}, fold)
	if out := refold(t, e, "a", "quiet", "never"); out.Documents > 2 {
		t.Errorf("refold a, quiet and never: %+v, want at most 2 documents", out)
	}
	for _, err := range late.resume(t.Context(), "append", "save") {
		if !errors.Is(err, projection.ErrStale) {
			t.Errorf("a late save: %v", err)
		}
	}
	if found := b.holds(t, 1, "secret", "a"); len(found) > 0 || b.at(t, 1, "a").Epoch() == 0 {
		t.Errorf("rows with the forgotten text: %v, want none; checkpoint %+v, want a later epoch", found, b.at(t, 1, "a"))
	}
	b.wantShown(t, 1, fold, "a")
	b.verify(t, e, 1)
}

// TestRefoldParked: a parked stream is refolded up to where it is parked, and then retried. If it still can't be
// applied, it is parked as before, with the erased texts erased.
func TestRefoldParked(t *testing.T) {
	t.Parallel()
	for _, reason := range []projection.Reason{projection.Failed, projection.Crashed} {
		b := newBench()
		plain := b.engineOf(projection.Config{Queue: b.queue}, diaryOf(1, readable, true, false))
		apply(t, plain, b.write(t, "a", Noted{"secret 1"}), b.write(t, "a", Noted{"secret 2"}, Poisoned{}, Noted{"secret 3"}))
		apply(t, plain, b.write(t, "a", Noted{"secret 4"}))
		b.wantParked(t, map[string]string{"a": "failed before 3, seen 5"})
		if at := b.at(t, 1, "a"); reason == projection.Crashed {
			p := *at.Parked
			p.Reason, p.Attempts = reason, 2
			if err := b.view.Park(t.Context(), 1, note("a"), at, p); err != nil {
				t.Fatal(err)
			}
		}
		e := b.engineOf(projection.Config{Queue: b.queue}, diaryOf(1, unreadable, true, false))
		refold(t, e, "a")
		if got := b.at(t, 1, "a"); got.Parked == nil || got.Parked.Reason != projection.Failed || got.Version != 2 {
			t.Fatalf("checkpoint of a: %+v, want version 2, parked as Failed", got)
		}
		if found := b.holds(t, 1, "secret", "a"); len(found) > 0 {
			t.Errorf("rows with the forgotten text: %v, want none", found)
		}
		apply(t, e, b.write(t, "a", Noted{"secret 5"}))
		fold := diaryOf(1, unreadable, true, true)
		refold(t, b.engineOf(projection.Config{Queue: b.queue}, fold), "a")
		b.wantParked(t, map[string]string{})
		if at := b.at(t, 1, "a"); at.Version != 6 || at.Behind {
			t.Errorf("checkpoint of a after the retry: %+v, want version 6, not behind", at)
		}
		if found := b.holds(t, 1, "secret", "a"); len(found) > 0 {
			t.Errorf("rows with the forgotten text: %v, want none", found)
		}
		b.wantShown(t, 1, fold, "a")
		b.verify(t, b.engineOf(projection.Config{}, fold), 1)
	}
}

// TestRefoldHalfAnEvent: if an event is parked with some of its rows written, these rows are refolded too, and counters
// are not added to twice when it continues.
func TestRefoldHalfAnEvent(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.view = memview.New(memview.Config{MaxWrites: 5})
	v := &refusing{View: b.view, refuse: func(_ []projection.CheckpointUpdate, rows []projection.Write) error {
		if slices.ContainsFunc(rows, func(w projection.Write) bool { return w.Key.Sort == "005" }) {
			return projection.ErrTooLarge
		}
		return nil
	}}
	plain := b.engineOn(b.store, v, b.catalog, projection.Config{}, diaryOf(1, readable, true, false))
	apply(t, plain, b.write(t, "a", Noted{"secret 1"}, Fanned{12}))
	half := b.at(t, 1, "a")
	if half.RowsWritten < 13 || half.Parked == nil || len(b.holds(t, 1, "fanned", "a")) < 12 {
		t.Fatalf("checkpoint of an interrupted save: %+v, want at least 13 rows written, and parked", half)
	}
	fold := diaryOf(1, unreadable, true, false)
	refold(t, b.engineOn(b.store, v, b.catalog, projection.Config{}, fold), "a")
	if at := b.at(t, 1, "a"); at.RowsWritten != half.RowsWritten || at.Parked == nil {
		t.Errorf("checkpoint of a: %+v, want it as it was, parked", at)
	}
	for _, text := range []string{"secret", "fanned"} {
		if found := b.holds(t, 1, text, "a"); len(found) > 0 {
			t.Errorf("rows with the forgotten text: %v, want none", found)
		}
	}
	e := b.engineOf(projection.Config{}, fold)
	refold(t, e, "a")
	b.wantShown(t, 1, fold, "a")
	b.verify(t, e, 1)
}

// TestRefoldThatFails: if the fold fails at an event that it applied before, nothing changes, and the stream continues.
func TestRefoldThatFails(t *testing.T) {
	t.Parallel()
	b := newBench()
	mended := b.engineOf(projection.Config{}, diaryOf(1, readable, true, true))
	apply(t, mended, b.write(t, "a", Noted{"x"}, Poisoned{}), b.write(t, "b", Noted{"y"}))
	before := b.at(t, 1, "a")
	e := b.engineOf(projection.Config{}, diaryOf(1, unreadable, true, false))
	out, err := e.Refold(t.Context(), []es.StreamID{note("a"), note("b")}, "log")
	if !errors.Is(err, errPoison) || !strings.Contains(err.Error(), "Note#a again: @2") || out.Documents != 1 {
		t.Errorf("refold a and b: %+v, %v, want 1 document and an error that names Note#a", out, err)
	}
	if diff := cmp.Diff(before, b.at(t, 1, "a")); diff != "" {
		t.Error(diff)
	}
	apply(t, mended, b.write(t, "a", Noted{"z"}))
	refold(t, mended, "b")
	b.wantShown(t, 1, diaryOf(1, readable, true, true), "a", "b")
}

// TestRefoldGenerations: each generation that is kept is refolded by its own fold version. If the code lacks one, the
// error names it, and the others are done.
func TestRefoldGenerations(t *testing.T) {
	t.Parallel()
	b := newBench()
	one, two, three := diaryOf(1, readable, true, false), diaryOf(2, readable, false, false),
		diaryOf(3, readable, true, false)
	apply(t, b.engineOf(projection.Config{}, one), b.write(t, "a", Noted{"secret 1"}, Noted{"secret 2"}))
	e := b.engineOf(projection.Config{}, two, one)
	if _, _, err := b.rebuilder(e).Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	e = b.engineOf(projection.Config{}, three, two, one)
	if _, err := b.rebuilder(e).Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	apply(t, e, b.write(t, "a", Noted{"secret 3"}))
	if got := b.statuses(t); got != "1 retired, 2 serving, 3 building" {
		t.Fatal(got)
	}
	folds := []projection.Projection{
		diaryOf(1, unreadable, true, false), diaryOf(2, unreadable, false, false), diaryOf(3, unreadable, true, false),
	}
	lacking := b.engineOf(projection.Config{}, folds[2], folds[1])
	out, err := lacking.Refold(t.Context(), []es.StreamID{note("a")}, "log")
	var unknown *projection.UnknownFoldError
	if !errors.As(err, &unknown) || unknown.Fold != 1 || out.Documents != 2 {
		t.Errorf("refold with an unknown fold: %+v, %v, want UnknownFoldError of fold 1 and 2 documents", out, err)
	}
	all := b.engineOf(projection.Config{}, folds[2], folds[1], folds[0])
	if out := refold(t, all, "a"); out.Documents != 3 {
		t.Errorf("refold with all folds: %+v, want 3 documents", out)
	}
	for g, fold := range folds {
		b.wantShown(t, projection.Generation(g+1), fold, "a")
		if found := b.holds(t, projection.Generation(g+1), "secret", "a"); len(found) > 0 {
			t.Errorf("generation %d has rows with the forgotten text: %v", g+1, found)
		}
		b.verify(t, all, projection.Generation(g+1))
	}
	if err := b.rebuilder(all).Do(t.Context(), projection.Job{Task: projection.FoldAgain, Stream: note("a")}); err != nil {
		t.Error(err)
	}
	if _, err := all.Refold(t.Context(), []es.StreamID{note("a")}, "unknown"); err == nil {
		t.Error("refold of an unknown projection: no error")
	}
}

// moving calls a function before the n-th call of a view, once.
type moving struct {
	projection.View
	n    int
	call func()
}

func (v *moving) count() {
	if v.n--; v.n == 0 {
		v.call()
	}
}

func (v *moving) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	v.count()
	return v.View.Append(ctx, g, rows...)
}

func (v *moving) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.count()
	return v.View.Save(ctx, g, moves, rows)
}

func (v *moving) Park(
	ctx context.Context, g projection.Generation, s es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	v.count()
	return v.View.Park(ctx, g, s, prev, p)
}

func (v *moving) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	v.count()
	return v.View.Rows(ctx, g, keys...)
}

func (v *moving) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	v.count()
	return v.View.Checkpoints(ctx, g, streams...)
}

// TestRefoldWhileItMovesOn: at whatever call another process advances, parks or refolds the stream too, its work is not
// lost, and nothing of the old result is left. The version never goes back.
func TestRefoldWhileItMovesOn(t *testing.T) {
	t.Parallel()
	fold, poisoned := diaryOf(1, unreadable, true, true), diaryOf(1, readable, true, false)
	for what, events := range map[string][]noteEvent{
		"applied": {Noted{"secret 5"}}, "in parts": {Fanned{9}}, "parked": {Noted{"secret 6"}, Poisoned{}},
		"folded again": nil,
		"halted":       {Noted{"secret 7"}},
	} {
		for n := 1; ; n++ {
			b := newBench()
			b.view = memview.New(memview.Config{MaxWrites: 5})
			plain := b.engineOf(projection.Config{}, poisoned)
			apply(t, plain, b.write(t, "a", Noted{"secret 1"}, Noted{"secret 2"}), b.write(t, "a", Fanned{5}, Noted{"secret 4"}))
			v, late := &moving{View: b.view, n: n}, false
			halted := &halting{View: b.view, halt: func(call string) bool { return call == "save" }}
			v.call = func() {
				late = strings.Contains(string(b.at(t, 1, "a").State), erased)
				if events == nil {
					refold(t, plain, "a") // with the old answer
					return
				}
				c := b.write(t, "a", events...)
				if what == "halted" { // it has read the checkpoint, and saves later
					_ = b.engineOn(b.store, halted, b.catalog, projection.Config{}, poisoned).Apply(t.Context(), []es.Commit{c})
					return
				}
				apply(t, plain, c)
				if before := b.at(t, 1, "a"); before.Version < 5 {
					t.Errorf("%s before call %d: version %d", what, n, before.Version)
				}
			}
			refold(t, b.engineOn(b.store, v, b.catalog, projection.Config{}, fold), "a")
			if v.n > 0 { // it has ended before
				if n < 7 {
					t.Errorf("%s: %d calls, want at least 7", what, n)
				}
				break
			}
			for _, err := range halted.resume(t.Context(), "save") {
				if !late && !errors.Is(err, projection.ErrStale) {
					t.Errorf("before call %d: a late save: %v", n, err)
				}
			}
			e := b.engineOf(projection.Config{}, fold)
			if err := e.CatchUp(t.Context(), note("a"), "log"); err != nil {
				t.Fatal(err)
			}
			if !late && what == "halted" { // a row of a later event, which only the other answer has, is stored, and not shown
				b.wantShown(t, 1, fold, "a")
			}
			if late || what == "halted" { // what another process applied after the document was replaced has its answer
				refold(t, e, "a")
			}
			if found := b.holds(t, 1, "secret", "a"); len(found) > 0 {
				t.Errorf("%s before call %d: rows with the forgotten text: %v", what, n, found)
			}
			b.wantShown(t, 1, fold, "a")
			b.verify(t, e, 1)
		}
	}
}

func appendedKeys(shown map[string]string) (keys []string) {
	for key := range shown {
		if strings.HasPrefix(key, fmt.Sprint(projection.AppendedRow)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// TestRefoldInterrupted: at whatever call the process is killed, the document is the old or the new one, all rows that
// count are of one of the two folds, and the killed call does no harm if it runs later. The same call completes the
// refold.
func TestRefoldInterrupted(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"", "parked"} {
		for n := 1; ; n++ {
			b := newBench()
			b.view = memview.New(memview.Config{MaxWrites: 6})
			plain := b.engineOf(projection.Config{}, diaryOf(1, readable, true, false))
			apply(t, plain, b.write(t, "a", Noted{"secret 1"}, Noted{"secret 2"}), b.write(t, "a", Fanned{8}, Noted{"secret 4"}))
			if start == "parked" {
				apply(t, plain, b.write(t, "a", Poisoned{}))
			}
			before := b.at(t, 1, "a")
			shown := b.shown(t, 1, "a")
			calls := 0
			killed := &halting{View: b.view, halt: func(string) bool { calls++; return calls >= n }}
			fold := diaryOf(1, unreadable, true, true)
			_, err := b.engineOn(b.store, killed, b.catalog, projection.Config{}, fold).Refold(t.Context(),
				[]es.StreamID{note("a")}, "log")
			if err == nil {
				if n < 4 {
					t.Errorf("%d calls, want at least 4", n)
				}
				break
			}
			if !errors.Is(err, errHalted) {
				t.Fatal(err)
			}
			after := b.at(t, 1, "a")
			replaced := strings.Contains(string(after.State), erased)
			if after.Version < before.Version || !replaced && string(after.State) != string(before.State) ||
				(after.Appended == before.Appended) == replaced {
				t.Errorf("killed at call %d: %+v", n, after)
			}
			if !replaced { // append rows are as either fold has them, and none is missing
				if diff := cmp.Diff(appendedKeys(shown), appendedKeys(b.shown(t, 1, "a"))); diff != "" {
					t.Errorf("killed at call %d (-before +after):\n%s", n, diff)
				}
			}
			apply(t, plain, b.write(t, "a", Noted{"secret 5"})) // by the old answer
			e := b.engineOf(projection.Config{}, fold)
			refold(t, e, "a")
			for _, err := range killed.resume(t.Context(), "append", "save") {
				if err != nil && !errors.Is(err, projection.ErrStale) {
					t.Error(err)
				}
			}
			if found := b.holds(t, 1, "secret", "a"); len(found) > 0 {
				t.Errorf("killed at call %d: rows with the forgotten text: %v", n, found)
			}
			b.wantShown(t, 1, fold, "a")
			b.verify(t, e, 1)
		}
	}
}

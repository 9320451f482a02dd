package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

func roundTrip(t *testing.T, f *fixture) {
	want, err := f.Append(t.Context(), es.Append{
		ID:     "commit-1",
		Writes: []es.Write{{Head: f.Empty(stream), Events: []es.RawEvent{event(1), sized(10), event(2)}}},
		Meta: es.Meta{
			CorrelationID: "corr", CausationID: "cause", Actor: "ann", OccurredAt: f.clock.now().Add(-time.Hour),
			Extra: map[string]string{"tenant": "t1", "empty": ""},
		},
		Command: es.CommandRef{ID: "cmd", Fingerprint: "fp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]es.Commit{want[0].Commit}, f.whole(t, stream, 3)); diff != "" {
		t.Errorf("stored commit (-appended +read):\n%s", diff)
	}
	if at := f.clock.now().Truncate(time.Microsecond); !want[0].At.Equal(at) || want[0].ID != "commit-1" {
		t.Errorf("commit %s at %v, want commit-1 at %v", want[0].ID, want[0].At, at)
	}
	f.must(t, f.head(t, stream), event(3)) // no optional fields
	if second := f.whole(t, stream, 4)[1]; second.ID == "" || second.ID == "commit-1" || !second.Meta.OccurredAt.IsZero() {
		t.Errorf("second commit: %+v, want an id of its own and no occurredAt", second)
	}
}

func headsChain(t *testing.T, f *fixture) {
	if h := f.head(t, stream); h.Version() != 0 || h.Stream() != stream {
		t.Errorf("head of a stream without events: %s@%d", h.Stream(), h.Version())
	}
	f.must(t, f.Empty(stream), events(3)...)
	c := f.must(t, f.head(t, stream), events(2)...)
	h := f.head(t, stream)
	if h.Version() != 5 || !bytes.Equal(h.Hash(), c.Hash) || !h.At().Equal(c.At) {
		t.Errorf("head %d %x %v, want that of the last commit: 5 %x %v", h.Version(), h.Hash(), h.At(), c.Hash, c.At)
	}
	f.whole(t, stream, 5)
}

// wantConflict appends to an outdated head, and wants a conflict.
func wantConflict(t *testing.T, f *fixture, head es.Head, actual int64, events ...es.RawEvent) {
	t.Helper()
	_, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events}}})
	var got *es.ConflictError
	if !errors.As(err, &got) || got.Stream != head.Stream() || got.Expected != head.Version() ||
		got.Actual <= got.Expected || got.Actual > actual {
		t.Errorf("append to a stale head: %v, want a conflict of %d and at most %d", err, head.Version(), actual)
	}
}

func staleHead(t *testing.T, f *fixture) {
	empty := f.Empty(stream)
	f.must(t, empty, event(1))
	wantConflict(t, f, empty, 1, event(2))
	one := f.head(t, stream)
	f.must(t, one, events(4)...)
	wantConflict(t, f, one, 5, event(2))
	f.whole(t, stream, 5)
}

func noGap(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), events(3)...)
	for name, head := range map[string]es.Head{
		"a zero head":                 {},
		"another store's head":        storekit.NewSeal().After(&es.Commit{Stream: stream, Version: 7, Events: events(2)}),
		"another store's empty head":  storekit.NewSeal().Empty(es.StreamID{Type: "Account", ID: "new"}),
		"another store's same commit": storekit.NewSeal().After(&f.commits(t, stream, es.Range{})[0]),
	} {
		if _, err := f.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: events(1)}},
		}); !errors.Is(err, es.ErrForeignHead) {
			t.Errorf("append to %s: %v, want %v", name, err, es.ErrForeignHead)
		}
		if _, err := f.Load(t.Context(), head, func(*es.Commit) error { return nil }); !errors.Is(err, es.ErrForeignHead) {
			t.Errorf("load after %s: %v, want %v", name, err, es.ErrForeignHead)
		}
		check := es.Append{Writes: []es.Write{{Head: f.head(t, stream), Events: events(1)}}, Checks: []es.Head{head}}
		if _, err := f.Append(t.Context(), check); !errors.Is(err, es.ErrForeignHead) && head.Stream() != stream {
			t.Errorf("check of %s: %v, want %v", name, err, es.ErrForeignHead)
		}
	}
	f.whole(t, stream, 3)
}

// noOverlap: an append to an outdated head never stores a second commit over existing events.
func noOverlap(t *testing.T, f *fixture) {
	var heads []es.Head
	for i := range 5 {
		heads = append(heads, f.head(t, stream))
		f.must(t, heads[i], events(i+1)...)
	}
	for _, h := range heads {
		wantConflict(t, f, h, 15, events(7)...)
	}
	f.whole(t, stream, 15)
}

func appendNothing(t *testing.T, f *fixture) {
	for name, a := range map[string]es.Append{
		"no write":           {},
		"no events":          {Writes: []es.Write{{Head: f.Empty(stream)}}},
		"one without events": {Writes: []es.Write{{Head: f.Empty(stream), Events: events(1)}, {Head: f.Empty(other)}}},
		"checks alone":       {Checks: []es.Head{f.Empty(stream)}},
	} {
		if _, err := f.Append(t.Context(), a); !errors.Is(err, es.ErrNoEvents) {
			t.Errorf("append with %s: %v, want %v", name, err, es.ErrNoEvents)
		}
	}
	f.whole(t, stream, 0)
}

func oneWinner(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), event(0))
	head := f.head(t, stream)
	won, conflicts := race(t, 16, func(i int) error {
		_, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events(1 + i%3)}}})
		return err
	})
	if won != 1 || conflicts != 15 {
		t.Errorf("%d writers won and %d saw a conflict, want 1 and 15", won, conflicts)
	}
	f.whole(t, stream, f.head(t, stream).Version())
	if n := len(f.commits(t, stream, es.Range{})); n != 2 {
		t.Errorf("%d commits are stored, want 2", n)
	}
}

// race runs n writers concurrently, and counts those that succeeded and those that got a conflict.
func race(t *testing.T, n int, write func(i int) error) (won, conflicts int64) {
	t.Helper()
	var gate, done sync.WaitGroup
	var wins, losses atomic.Int64
	gate.Add(1)
	for i := range n {
		done.Go(func() {
			gate.Wait()
			err := write(i)
			var conflict *es.ConflictError
			switch {
			case err == nil:
				wins.Add(1)
			case errors.As(err, &conflict):
				losses.Add(1)
			default:
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	gate.Done()
	done.Wait()
	return wins.Load(), losses.Load()
}

func hundredEvents(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), events(es.MaxEvents)...)
	f.must(t, f.head(t, stream), events(es.MaxEvents)...)
	f.whole(t, stream, 2*es.MaxEvents)
	_, err := f.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: f.head(t, stream), Events: events(es.MaxEvents + 1)}},
	})
	wantLimit(t, err, es.MaxEvents+1, es.MaxEvents)
}

func wantLimit(t *testing.T, err error, size, limit int) {
	t.Helper()
	var got *es.LimitError
	if !errors.As(err, &got) || got.Limit != limit || (size > 0 && got.Size != size) {
		t.Fatalf("append: %v, want a limit error with size %d and limit %d", err, size, limit)
	}
	if text := err.Error(); !strings.Contains(text, fmt.Sprint(got.Size)) || !strings.Contains(text, fmt.Sprint(limit)) {
		t.Errorf("%q does not contain the size and the limit", text)
	}
}

func largestCommit(t *testing.T, f *fixture) {
	probe := f.must(t, f.Empty(es.StreamID{Type: stream.Type, ID: "acc-0"}), sized(1000))
	most := storekit.MaxCommitBytes - storekit.Size(&probe) + 1000
	// A store that compresses may accept more: base64 noise shrinks by a quarter.
	_, err := f.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: f.Empty(stream), Events: []es.RawEvent{sized(2 * most)}}},
	})
	wantLimit(t, err, 0, storekit.MaxCommitBytes)
	f.must(t, f.Empty(stream), sized(most))
	f.whole(t, stream, 1)
}

// largestUncompressed: a payload that is too large uncompressed is refused, however well it compresses.
func largestUncompressed(t *testing.T, f *fixture) {
	probe := f.must(t, f.Empty(es.StreamID{Type: stream.Type, ID: "acc-0"}), flat(1000))
	fits := storekit.MaxUncompressedBytes - storekit.Size(&probe) + 1000
	try := func(events ...es.RawEvent) error {
		_, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: f.Empty(stream), Events: events}}})
		return err
	}
	wantLimit(t, try(flat(fits+1)), storekit.MaxUncompressedBytes+1, storekit.MaxUncompressedBytes)
	wantLimit(t, try(flat(7<<20)), 0, storekit.MaxUncompressedBytes)
	wantLimit(t, try(flat(fits/2), flat(fits/2), flat(2)), 0, storekit.MaxUncompressedBytes)
	f.whole(t, stream, 0)
	if err := try(flat(fits)); err != nil {
		wantLimit(t, err, 0, storekit.MaxCommitBytes) // for a store that does not compress
		return
	}
	f.whole(t, stream, 1)
}

// anyPayload: payloads are returned byte for byte.
func anyPayload(t *testing.T, f *fixture) {
	raw := func(data string) es.RawEvent { return es.RawEvent{Type: "Raw", Schema: 1, Data: json.RawMessage(data)} }
	want := []es.RawEvent{
		flat(100_000), raw("{}"), raw(" { \n\t\"a\" : 1.50 } "), raw(`"\u00e9é🙂"`), raw("null"), sized(3000), flat(2),
	}
	f.must(t, f.Empty(stream), want...)
	f.must(t, f.head(t, stream), want[1:]...)
	got := f.whole(t, stream, 13)
	if diff := cmp.Diff(want, got[0].Events); diff != "" {
		t.Errorf("payloads (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:], got[1].Events); diff != "" {
		t.Errorf("payloads (-want +got):\n%s", diff)
	}
}

func unstorable(t *testing.T, f *fixture) {
	good := func() es.Append { return es.Append{Writes: []es.Write{{Head: f.Empty(stream), Events: events(2)}}} }
	for name, spoil := range map[string]func(*es.Append){
		"no type":             func(a *es.Append) { a.Writes[0].Events[1].Type = "" },
		"no schema":           func(a *es.Append) { a.Writes[0].Events[1].Schema = 0 },
		"payload not UTF-8":   func(a *es.Append) { a.Writes[0].Events[1].Data = json.RawMessage("\"\xff\"") },
		"payload not JSON":    func(a *es.Append) { a.Writes[0].Events[1].Data = json.RawMessage(`{"a":`) },
		"no payload":          func(a *es.Append) { a.Writes[0].Events[1].Data = nil },
		"metadata not UTF-8":  func(a *es.Append) { a.Meta.Actor = "\xff" },
		"command not UTF-8":   func(a *es.Append) { a.Command.ID = "\xff" },
		"empty key":           func(a *es.Append) { a.Meta.Extra = map[string]string{"": "x"} },
		"extra not UTF-8":     func(a *es.Append) { a.Meta.Extra = map[string]string{"x": "\xff"} },
		"commit id not UTF-8": func(a *es.Append) { a.ID = "\xff" },
	} {
		a := good()
		spoil(&a)
		if _, err := f.Append(t.Context(), a); !errors.Is(err, es.ErrUnstorable) {
			t.Errorf("append with %s: %v, want %v", name, err, es.ErrUnstorable)
		}
	}
	f.whole(t, stream, 0)
	a := good()
	a.Command.Fingerprint = "without a command id"
	if _, err := f.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	f.whole(t, stream, 2)
}

func repeatedID(t *testing.T, f *fixture) {
	a := es.Append{
		ID: "once", Writes: []es.Write{{Head: f.Empty(stream), Events: events(2)}, {Head: f.Empty(other), Events: events(1)}},
	}
	for range 2 {
		if _, err := f.Append(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	f.whole(t, stream, 2)
	one := es.Append{ID: "again", Writes: []es.Write{{Head: f.head(t, stream), Events: events(1)}}}
	for range 2 {
		if _, err := f.Append(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	f.whole(t, stream, 3)
}

func canceledContext(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Append(ctx, es.Append{
		Writes: []es.Write{{Head: f.Empty(stream), Events: events(1)}},
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("append with a canceled context: %v, want %v", err, context.Canceled)
	}
	f.whole(t, stream, 0)
}

func timeGrows(t *testing.T, f *fixture) {
	first := f.must(t, f.Empty(stream), event(1))
	f.clock.add(-time.Hour)
	second := f.must(t, f.head(t, stream), event(2))
	if want := first.At.Add(time.Microsecond); !second.At.Equal(want) {
		t.Errorf("after the clock went back: recorded at %v, want %v", second.At, want)
	}
	f.clock.add(2 * time.Hour)
	commits, err := f.Append(t.Context(), es.Append{Writes: []es.Write{
		{Head: f.head(t, stream), Events: events(1)}, {Head: f.Empty(other), Events: events(1)},
	}})
	if err != nil || !commits[0].At.Equal(commits[1].At) || !commits[0].At.After(second.At) {
		t.Errorf("two streams at once: %v, %+v", err, commits)
	}
}

func occurredInFuture(t *testing.T, f *fixture) {
	a := es.Append{Writes: []es.Write{{Head: f.Empty(stream), Events: events(1)}}}
	a.Meta.OccurredAt = f.clock.now().Add(time.Second)
	if _, err := f.Append(t.Context(), a); !errors.Is(err, es.ErrOccurredInFuture) {
		t.Errorf("append of a future occurredAt: %v, want %v", err, es.ErrOccurredInFuture)
	}
	f.whole(t, stream, 0)
}

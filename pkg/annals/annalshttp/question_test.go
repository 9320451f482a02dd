package annalshttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// asking is a question about the account a-1, which ann created and which is at version 2. a-2 is at version 1.
type asking struct {
	api      *edge
	store    *memstore.Store
	progress timetable
	log      bytes.Buffer
	reads    []error // what reading the row comes to, time after time; at last nil
	replay   error
	queue    queueFunc
}

type queueFunc func(ctx context.Context, jobs []projection.Job) error

func (q queueFunc) Enqueue(ctx context.Context, _ time.Duration, jobs ...projection.Job) error {
	return q(ctx, jobs)
}

// failing is an event store whose methods fail on demand.
type failing struct {
	*memstore.Store
	head, read error
}

func (s failing) Head(ctx context.Context, stream es.StreamID) (es.Head, error) {
	if s.head != nil {
		return es.Head{}, s.head
	}
	return s.Store.Head(ctx, stream)
}

func (s failing) Read(ctx context.Context, stream es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	if s.read != nil {
		return func(yield func(es.Commit, error) bool) { yield(es.Commit{}, s.read) }
	}
	return s.Store.Read(ctx, stream, r)
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	a := &asking{store: memstore.New(memstore.Config{})}
	for _, stream := range []es.StreamID{a1, a2, a1} {
		head, err := a.store.Head(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		event := es.RawEvent{Type: "X", Schema: 1, Data: json.RawMessage(`{}`)}
		by := es.Meta{Actor: []string{"ann", "bob"}[head.Version()]}
		if _, err := a.store.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: []es.RawEvent{event}}}, Meta: by,
		}); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	a.api, err = newEdge(service(t), Config{
		Log:   slog.New(slog.NewTextHandler(&a.log, nil)),
		Queue: queueFunc(func(ctx context.Context, jobs []projection.Job) error { return a.queue(ctx, jobs) }),
	}, a.store)
	if err != nil {
		t.Fatal(err)
	}
	a.queue = func(context.Context, []projection.Job) error { return nil }
	return a
}

// ask asks as ann. The answer is "row" from the read model, "replayed" from the events.
func (a *asking) ask(t *testing.T, w awaited) (*result, error) {
	t.Helper()
	q := question{
		model: "accounts", stream: a1, replay: func(context.Context) (any, error) { return "replayed", a.replay },
	}
	return a.api.answerFrom(WithPrincipal(t.Context(), "ann"), &a.progress, w, q, func() (any, error) {
		if len(a.reads) == 0 {
			return "row", nil
		}
		err := a.reads[0]
		a.reads = a.reads[1:]
		return "", err
	})
}

// service returns a service with accounts.
func service(t *testing.T) *annals.Service {
	t.Helper()
	s := annals.New("bank", annals.Aggregate(es.Aggregate[struct{}, any]{
		StreamType: "Account", Events: es.NewRegistry[any](), Evolve: func(*struct{}, any) {},
	}))
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// code is the code of a problem, "" if err is none.
func code(err error) string {
	var p *Problem
	if !errors.As(err, &p) {
		return ""
	}
	return p.code
}

var await2 = awaited{streams: []es.StreamVersion{{Stream: a1, Version: 2}}, applied: "wait=0"}

// TestRowThatIsNotThere: a missing row may be written after it was read and before the checkpoint is read.
func TestRowThatIsNotThere(t *testing.T) {
	t.Parallel()
	gone := &es.NotFoundError{Stream: a1}
	a := newAsking(t)
	a.reads = []error{gone}
	a.progress.shown = map[es.StreamVersion]time.Duration{{Stream: a1, Version: 2}: 0}
	if got, err := a.ask(t, awaited{}); err != nil || got.body != "row" || got.consistency != "" {
		t.Errorf("row written concurrently: %+v %v", got, err)
	}
	a.reads = []error{gone, gone}
	if _, err := a.ask(t, awaited{}); !errors.Is(err, gone) {
		t.Errorf("projected, but has no row: %v", err)
	}
	a.progress = timetable{parked: a1}
	a.reads = []error{gone}
	if _, err := a.ask(t, awaited{}); code(err) != "parked" {
		t.Errorf("question to a parked stream: %v, want parked", err)
	}
	broken := errors.New("broken")
	a.progress = timetable{err: broken}
	a.reads = []error{gone}
	if _, err := a.ask(t, awaited{}); !errors.Is(err, broken) {
		t.Errorf("question while the progress can't be read: %v, want its error", err)
	}
	a.progress, a.api.events = timetable{}, failing{a.store, broken, nil}
	a.reads = []error{gone}
	if _, err := a.ask(t, awaited{}); !errors.Is(err, broken) {
		t.Errorf("question while the store can't be read: %v, want its error", err)
	}
}

// TestLateOwner: if the read model is late, the owner of a stream is answered from its events, if they can be replayed.
func TestLateOwner(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	a := newAsking(t)
	if got, err := a.ask(t, await2); err != nil || got.body != "replayed" || got.consistency != "strong" ||
		got.applied != "wait=0" {
		t.Errorf("question to a read model that is late: %+v, %v, want the replayed state", got, err)
	}
	a.replay = broken
	if _, err := a.ask(t, await2); !errors.Is(err, broken) {
		t.Errorf("late, and the replay fails: %v", err)
	}
	a.progress.parked = a1
	if _, err := a.ask(t, await2); code(err) != "parked" {
		t.Errorf("parked, and the replay fails: %v", err)
	}
	a.replay = nil
	if got, err := a.ask(t, await2); err != nil || got.body != "replayed" {
		t.Errorf("question to a parked stream with a wait: %+v, %v, want the replayed state", got, err)
	}
	a.api.events = failing{a.store, broken, nil}
	if _, err := a.ask(t, await2); !errors.Is(err, broken) {
		t.Errorf("question while the head can't be read: %v, want its error", err)
	}
	a = newAsking(t) // it knows whose nothing is
	a.api.events = failing{a.store, nil, broken}
	if _, err := a.ask(t, await2); !errors.Is(err, broken) {
		t.Errorf("question while the owner can't be read: %v, want its error", err)
	}
}

// TestCatchUpsAreAskedFor: a wait that ends in vain enqueues one catch-up for each stream that is late and not parked.
// An error of the queue, or a slow queue, neither fails nor delays the answer.
func TestCatchUpsAreAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		var asked [][]projection.Job
		a.queue = func(ctx context.Context, jobs []projection.Job) error {
			asked = append(asked, slices.Clone(jobs))
			<-ctx.Done()
			return ctx.Err()
		}
		w := awaited{wait: time.Second, streams: []es.StreamVersion{{Stream: a1, Version: 2}, {Stream: a2, Version: 1}}}
		start := time.Now()
		got, err := a.ask(t, w)
		if took := time.Since(start); err != nil || got.consistency != "strong" || took != w.wait+maxEnqueue {
			t.Errorf("question with a slow queue: %+v, %v after %s; want strong after the wait and the time to enqueue",
				got, err, took)
		}
		want := []projection.Job{
			{Task: projection.CatchUp, Projection: "accounts", Stream: a1},
			{Task: projection.CatchUp, Projection: "accounts", Stream: a2},
		}
		if len(asked) != 1 || !slices.Equal(asked[0], want) {
			t.Errorf("streams enqueued: %+v, want %v", asked, want)
		}
		if log := a.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "catch-up was not enqueued") {
			t.Errorf("log: %s, want one line about the catch-up", log)
		}
		asked, a.progress.parked = nil, a2
		if _, err := a.ask(t, w); err != nil || len(asked) != 1 || !slices.Equal(asked[0], want[:1]) {
			t.Errorf("question with a parked stream: enqueued %+v, error %v", asked, err)
		}
		a.api.cfg.Queue = nil
		if _, err := a.ask(t, w); err != nil {
			t.Errorf("no queue is configured: %v", err)
		}
	})
}

// TestOldCommitsAreCaughtUp: a late stream that no request waited for is caught up if its last commit is so old that
// the projector must have missed it.
func TestOldCommitsAreCaughtUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		asked := 0
		a.queue = func(_ context.Context, jobs []projection.Job) error { asked += len(jobs); return nil }
		for age, want := range map[time.Duration]int{usualLag - time.Second: 0, usualLag + time.Second: 1} {
			a.api.cfg.Now = func() time.Time { return time.Now().Add(age) }
			for _, w := range []awaited{{}, await2} {
				asked, a.reads = 0, []error{&es.NotFoundError{Stream: a1}}
				_, _ = a.ask(t, w)
				if asked != want {
					t.Errorf("after %s, awaiting %+v: enqueued %d", age, w.streams, asked)
				}
			}
		}
	})
}

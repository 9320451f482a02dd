package es_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// counter is a minimal aggregate: it can be raised up to ten.
type (
	counterEvent interface{ isCounterEvent() }
	raised       struct{ By int }
	forgotten    struct{}
	counter      struct{ Total int }
)

func (raised) isCounterEvent()    {}
func (forgotten) isCounterEvent() {}

var (
	counters = es.Aggregate[counter, counterEvent]{
		StreamType: "Counter",
		Events:     es.NewRegistry(es.Type[counterEvent]("Raised", 1, raised{})),
		Evolve: func(s *counter, e counterEvent) {
			if r, ok := e.(raised); ok {
				s.Total += r.By
			}
		},
	}
	errFull = errors.New("full")
)

func raise(by int) func(counter) ([]counterEvent, error) {
	return func(s counter) ([]counterEvent, error) {
		if s.Total+by > 10 {
			return nil, errFull
		}
		return []counterEvent{raised{By: by}}, nil
	}
}

func start(by int) func() ([]counterEvent, error) {
	return func() ([]counterEvent, error) { return raise(by)(counter{}) }
}

func command(id string) es.Command {
	return es.Command{Ref: es.CommandRef{ID: id, Fingerprint: "body of " + id}}
}

type bench struct {
	store *memstore.Store
	exec  *es.Executor
	repo  *es.Repository[counter, counterEvent]
}

func newBench(*testing.T) bench {
	store := memstore.New()
	x := es.NewExecutor(store, es.ExecutorConfig{Attempts: 50, Backoff: time.Millisecond})
	return bench{store: store, exec: x, repo: es.NewRepository(x, counters)}
}

func (b bench) create(t *testing.T, id string, by int) {
	t.Helper()
	if _, err := b.repo.Create(t.Context(), id, es.Command{}, start(by)); err != nil {
		t.Fatal(err)
	}
}

func (b bench) wantState(t *testing.T, id string, version int64, total int) {
	t.Helper()
	got, err := b.repo.Load(t.Context(), id)
	if want := (es.Loaded[counter]{ID: id, Version: version, State: counter{total}}); err != nil || got != want {
		t.Errorf("loaded %+v, %v; want %+v", got, err, want)
	}
}

func TestCreateAndExecute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	created, err := b.repo.Create(t.Context(), "a", es.Command{}, func() ([]counterEvent, error) {
		return []counterEvent{raised{1}, raised{2}}, nil
	})
	want := es.Result[counter]{
		Stream: counters.Stream("a"), Version: 2, State: counter{3},
		Events: []es.EventRef{{Type: "Raised", Version: 1}, {Type: "Raised", Version: 2}},
	}
	if diff := cmp.Diff(want, created); err != nil || diff != "" {
		t.Errorf("created: %v (-want +got):\n%s", err, diff)
	}
	changed, err := b.repo.Execute(t.Context(), "a", es.Command{}, raise(4))
	want = es.Result[counter]{
		Stream: counters.Stream("a"), Version: 3, State: counter{7}, Events: []es.EventRef{{Type: "Raised", Version: 3}},
	}
	if diff := cmp.Diff(want, changed); err != nil || diff != "" {
		t.Errorf("changed: %v (-want +got):\n%s", err, diff)
	}
	b.wantState(t, "a", 3, 7)
}

func TestRefusalsStoreNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "a", 8)
	two, ctx := int64(2), t.Context()

	_, err := b.repo.Execute(ctx, "a", es.Command{}, raise(3))
	if !errors.Is(err, errFull) {
		t.Errorf("a decision's error: %v", err)
	}
	_, err = b.repo.Execute(ctx, "missing", es.Command{}, raise(1))
	if want := (&es.NotFoundError{}); !errors.As(err, &want) || want.Stream != counters.Stream("missing") {
		t.Errorf("load a missing stream: %v, want NotFoundError", err)
	}
	if _, err = b.repo.Load(ctx, "missing"); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("load a missing aggregate: %v, want NotFoundError", err)
	}
	_, err = b.repo.Create(ctx, "a", es.Command{}, start(1))
	if want := (&es.AlreadyExistsError{}); !errors.As(err, &want) || want.Stream != counters.Stream("a") {
		t.Errorf("create a twice: %v, want AlreadyExistsError", err)
	}
	_, err = b.repo.Execute(ctx, "a", es.Command{ExpectedVersion: &two}, raise(1))
	var mismatch *es.VersionMismatchError
	if !errors.As(err, &mismatch) ||
		*mismatch != (es.VersionMismatchError{Stream: counters.Stream("a"), Expected: 2, Actual: 1}) {
		t.Errorf("wrong version demanded: %v", err)
	}
	unregistered := func(counter) ([]counterEvent, error) { return []counterEvent{forgotten{}}, nil }
	if _, err = b.repo.Execute(ctx, "a", es.Command{}, unregistered); err == nil {
		t.Error("an event that is not registered was stored")
	}
	none, err := b.repo.Execute(ctx, "a", es.Command{}, func(counter) ([]counterEvent, error) { return nil, nil })
	if err != nil || none.Version != 1 || len(none.Events) != 0 {
		t.Errorf("execute a decision without events: %+v, %v", none, err)
	}
	b.wantState(t, "a", 1, 8)
}

func TestRepeatedCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, zero := t.Context(), int64(0)
	first, err := b.repo.Create(ctx, "a", command("c1"), start(3))
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.repo.Execute(ctx, "a", command("c2"), raise(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.repo.Execute(ctx, "a", command("c3"), raise(3)); err != nil {
		t.Fatal(err)
	}
	first.Replayed, second.Replayed = true, true
	again, err := b.repo.Create(ctx, "a", command("c1"), start(3))
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("creation repeated: %v (-first +again):\n%s", err, diff)
	}
	repeat := command("c2")
	repeat.ExpectedVersion = &zero // outdated, but not checked for a repeat
	again, err = b.repo.Execute(ctx, "a", repeat, func(counter) ([]counterEvent, error) {
		return nil, errors.New("decided again")
	})
	if diff := cmp.Diff(second, again); err != nil || diff != "" {
		t.Errorf("change repeated: %v (-first +again):\n%s", err, diff)
	}
	other := command("c2")
	other.Ref.Fingerprint = "another body"
	var reused *es.CommandReusedError
	if _, err = b.repo.Execute(ctx, "a", other, raise(1)); !errors.As(err, &reused) || reused.Version != 2 {
		t.Errorf("execute the same id with another body: %v, want CommandReusedError of version 2", err)
	}
	b.wantState(t, "a", 3, 9)
}

// move lowers one counter and raises another.
func move(b bench, cmd es.Command, from, to string, by int) (*es.Outcome, error) {
	return b.exec.Execute(context.Background(), cmd, func(tx *es.Tx) error {
		src, err := b.repo.Get(tx, from)
		if err != nil {
			return err
		}
		dst, err := b.repo.Get(tx, to)
		if err != nil {
			return fmt.Errorf("to: %w", err)
		}
		src.Record(raised{-by})
		dst.Record(raised{by})
		return nil
	})
}

func TestDecisionOverTwoStreams(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "a", 5)
	b.create(t, "b", 1)
	for _, replayed := range []bool{false, true} {
		out, err := move(b, command("m1"), "a", "b", 2)
		if err != nil || out.Replayed != replayed {
			t.Fatalf("move 2 from a to b: %+v, %v, want replayed %t", out, err, replayed)
		}
		for id, total := range map[string]int{"a": 3, "b": 3} {
			got, err := b.repo.Result(t.Context(), out, id)
			want := es.Result[counter]{
				Stream: counters.Stream(id), Version: 2, State: counter{total},
				Events: []es.EventRef{{Type: "Raised", Version: 2}}, Replayed: replayed,
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("state of %s: %v (-want +got):\n%s", id, err, diff)
			}
		}
		if _, err := b.repo.Execute(t.Context(), "b", es.Command{}, raise(1)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := move(b, command("m2"), "a", "missing", 2); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("transact with a missing aggregate: %v, want NotFoundError", err)
	}
	if _, err := move(b, command("m2"), "a", "a", 2); err == nil {
		t.Error("a decision loaded one stream twice without an error")
	}
	b.wantState(t, "a", 2, 3)
}

// TestWriteSkew: two decisions read both counters and each writes another one. Together they must not break the rule.
func TestWriteSkew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "a", 1)
	b.create(t, "b", 1)
	lower := func(mine, read string) error {
		_, err := b.exec.Execute(t.Context(), es.Command{}, func(tx *es.Tx) error {
			m, err := b.repo.Get(tx, mine)
			if err != nil {
				return err
			}
			r, err := b.repo.Get(tx, read)
			if err != nil {
				return err
			}
			if m.State.Total+r.State.Total < 2 {
				return errFull
			}
			m.Record(raised{-1})
			return nil
		})
		return err
	}
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = lower("a", "b") })
	wg.Go(func() { errs[1] = lower("b", "a") })
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs[:]...), errFull) {
		t.Errorf("want exactly one to succeed: %v", errs)
	}
}

// TestConflictDecidesAgain: with many concurrent writers, every raise is counted and none goes over ten.
func TestConflictDecidesAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "a", 0)
	var wg sync.WaitGroup
	var mu sync.Mutex
	full := 0
	for range 16 {
		wg.Go(func() {
			_, err := b.repo.Execute(t.Context(), "a", es.Command{}, raise(1))
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errFull) {
				full++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if full != 6 {
		t.Errorf("%d were refused, want 6", full)
	}
	b.wantState(t, "a", 11, 10)
}

// busy is a store where another writer always wins.
type busy struct{ *memstore.Store }

func (b busy) Append(_ context.Context, a es.Append) ([]es.Stored, error) {
	h := a.Writes[0].Head
	return nil, &es.ConflictError{Stream: h.Stream(), Expected: h.Version(), Actual: h.Version() + 1}
}

func TestConflictsEnd(t *testing.T) {
	t.Parallel()
	x := es.NewExecutor(busy{memstore.New()}, es.ExecutorConfig{Attempts: 3, Backoff: time.Millisecond})
	decisions := 0
	_, err := es.NewRepository(x, counters).Create(t.Context(), "a", es.Command{}, func() ([]counterEvent, error) {
		decisions++
		return []counterEvent{raised{1}}, nil
	})
	if !errors.As(err, new(*es.ConflictError)) || decisions != 3 {
		t.Errorf("%v after %d decisions, want a conflict after 3", err, decisions)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := es.NewExecutor(busy{memstore.New()}, es.ExecutorConfig{Backoff: time.Hour})
	_, err = es.NewRepository(slow, counters).Create(ctx, "a", es.Command{}, func() ([]counterEvent, error) {
		cancel()
		return []counterEvent{raised{1}}, nil
	})
	if !errors.As(err, new(*es.ConflictError)) || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled while waiting: %v", err)
	}
}

func TestPanicOfEvolve(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "a", 1)
	broken := counters
	broken.Evolve = func(*counter, counterEvent) { panic("impossible") }
	_, err := es.NewRepository(b.exec, broken).Load(t.Context(), "a")
	var corrupt *es.CorruptError
	if !errors.As(err, &corrupt) || corrupt.Version != 1 || corrupt.Stream != counters.Stream("a") {
		t.Errorf("%v, want a corrupt commit that is named", err)
	}
}

// TestGetOrNew: it costs at most one read and one failed append, whether the aggregate exists or not.
func TestGetOrNew(t *testing.T) {
	t.Parallel()
	p := newProcess(memstore.New(), es.RepositoryConfig{})
	set := func(by int) func() error {
		return func() error {
			_, err := p.exec.Execute(t.Context(), es.Command{}, func(tx *es.Tx) error {
				e, err := p.repo.GetOrNew(tx, "a")
				if err != nil {
					return err
				}
				e.Record(raised{by - e.State.Total})
				return nil
			})
			return err
		}
	}
	p.cost(t, 0, 1, set(3))
	p.cost(t, 1, 2, set(5))
	if got, err := p.repo.Load(t.Context(), "a"); err != nil || got.State.Total != 5 || got.Version != 2 {
		t.Errorf("load a: %+v, %v, want version 2 with the total 5", got, err)
	}
}

// TestCreateOrExecute: a new aggregate is created without a read; an existing one is changed from its state.
func TestCreateOrExecute(t *testing.T) {
	t.Parallel()
	p := newProcess(memstore.New(), es.RepositoryConfig{})
	set := func(to int) func() error {
		return func() error {
			_, err := p.repo.CreateOrExecute(t.Context(), "a", es.Command{}, func(s counter) ([]counterEvent, error) {
				return []counterEvent{raised{to - s.Total}}, nil
			})
			return err
		}
	}
	p.cost(t, 0, 1, set(3))
	p.cost(t, 1, 2, set(5))
	if got, err := p.repo.Load(t.Context(), "a"); err != nil || got.State.Total != 5 || got.Version != 2 {
		t.Errorf("load a: %+v, %v, want version 2 with the total 5", got, err)
	}
	no := int64(0)
	var mismatch *es.VersionMismatchError
	_, err := p.repo.CreateOrExecute(t.Context(), "a", es.Command{ExpectedVersion: &no},
		func(counter) ([]counterEvent, error) {
			return []counterEvent{raised{1}}, nil
		})
	if !errors.As(err, &mismatch) || mismatch.Actual != 2 {
		t.Errorf("version 0 was wanted: %v", err)
	}
}

// TestLoadAtLeast: a cached state is used if it is new enough, else the stream is read.
func TestLoadAtLeast(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	p, other := newProcess(store, es.RepositoryConfig{}), newProcess(store, es.RepositoryConfig{})
	raise := func(counter) ([]counterEvent, error) { return []counterEvent{raised{1}}, nil }
	if _, err := p.repo.CreateOrExecute(t.Context(), "a", es.Command{}, raise); err != nil {
		t.Fatal(err)
	}
	load := func(version, want int64) func() error {
		return func() error {
			got, err := p.repo.LoadAtLeast(t.Context(), "a", version)
			if got.Version != want || int64(got.State.Total) != want {
				t.Errorf("at least %d: %+v, want version %d", version, got, want)
			}
			return err
		}
	}
	p.cost(t, 0, 0, load(1, 1))
	if _, err := other.repo.Execute(t.Context(), "a", es.Command{}, raise); err != nil {
		t.Fatal(err)
	}
	p.cost(t, 0, 0, load(1, 1))
	p.cost(t, 1, 0, load(2, 2))
	p.cost(t, 0, 0, load(2, 2))
	var missing *es.NotFoundError
	if _, err := p.repo.LoadAtLeast(t.Context(), "nobody", 1); !errors.As(err, &missing) {
		t.Errorf("load a missing aggregate: %v", err)
	}
}

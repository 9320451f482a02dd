package es_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// cache is a minimal es.Cache.
type cache struct{ m sync.Map }

func (c *cache) Get(s es.StreamID) (any, bool) { return c.m.Load(s) }
func (c *cache) Add(s es.StreamID, v any) bool { c.m.Store(s, v); return false }

// counting counts the reads and appends of a store.
type counting struct {
	es.Store
	reads, appends int
}

func (c *counting) Load(ctx context.Context, h es.Head, visit func(*es.Commit) error) (es.Head, error) {
	c.reads++
	return c.Store.Load(ctx, h, visit)
}

func (c *counting) Resume(
	ctx context.Context, at es.StreamVersion, hash []byte, visit func(*es.Commit) error,
) (es.Head, error) {
	c.reads++
	return c.Store.Resume(ctx, at, hash, visit)
}

func (c *counting) Read(ctx context.Context, s es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	c.reads++
	return c.Store.Read(ctx, s, r)
}

func (c *counting) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	c.appends++
	return c.Store.Append(ctx, a)
}

// process stands for one of several processes that share a store. Each has its own cache.
type process struct {
	*counting
	repo *es.Repository[counter, counterEvent]
	exec *es.Executor
}

func newProcess(store es.Store, cfg es.RepositoryConfig) process {
	c := &counting{Store: store}
	x := es.NewExecutor(c, es.ExecutorConfig{Backoff: time.Millisecond})
	cfg.StateCache = &cache{}
	return process{counting: c, repo: es.NewRepository(x, counters, cfg), exec: x}
}

// cost runs a command, and fails the test unless it took this number of reads and appends.
func (p process) cost(t *testing.T, reads, appends int, do func() error) {
	t.Helper()
	p.reads, p.appends = 0, 0
	if err := do(); err != nil {
		t.Errorf("concurrent use of the cache: %v", err)
	}
	if p.reads != reads || p.appends != appends {
		t.Errorf("%d reads and %d appends, want %d and %d", p.reads, p.appends, reads, appends)
	}
}

func (p process) raise(t *testing.T, cmd es.Command, by int) error {
	t.Helper()
	_, err := p.repo.Execute(t.Context(), "a", cmd, raise(by))
	return err
}

func TestStateCache(t *testing.T) {
	t.Parallel()
	p := newProcess(memstore.New(), es.RepositoryConfig{})
	p.cost(t, 0, 1, func() error { _, err := p.repo.Create(t.Context(), "a", command("c1"), start(1)); return err })
	p.cost(t, 0, 1, func() error { return p.raise(t, command("c2"), 1) })
	p.cost(t, 0, 1, func() error { return p.raise(t, es.Command{}, 1) })
	// A refusal and a decision without events are checked against the stream.
	p.cost(t, 1, 0, func() error {
		if err := p.raise(t, es.Command{}, 20); !errors.Is(err, errFull) {
			return fmt.Errorf("refusal: %w", err)
		}
		return nil
	})
	p.cost(t, 1, 0, func() error {
		_, err := p.repo.Execute(t.Context(), "a", es.Command{}, func(counter) ([]counterEvent, error) { return nil, nil })
		return err
	})
	// A repeat reads but does not write.
	p.cost(t, 2, 0, func() error { return p.raise(t, command("c2"), 1) })
	got, err := p.repo.Load(t.Context(), "a")
	if err != nil || got.Version != 3 || got.State.Total != 3 {
		t.Errorf("load a: %+v, %v, want version 3 with the total 3", got, err)
	}
}

// TestStaleCache: two processes, where one has an outdated cache.
func TestStaleCache(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	stale, other := newProcess(store, es.RepositoryConfig{}), newProcess(store, es.RepositoryConfig{})
	if _, err := stale.repo.Create(t.Context(), "a", es.Command{}, start(9)); err != nil {
		t.Fatal(err)
	}
	if err := other.raise(t, es.Command{}, -8); err != nil {
		t.Fatal(err)
	}
	// Its cache allows 1 more, the stream 9. It must not refuse.
	stale.cost(t, 1, 1, func() error { return stale.raise(t, es.Command{}, 5) })
	if err := other.raise(t, es.Command{}, 3); err != nil { // at 9, version 4
		t.Fatal(err)
	}
	// Its cache allows more, the stream does not. The append fails, and the decision runs again.
	stale.cost(t, 1, 1, func() error {
		if err := stale.raise(t, es.Command{}, 2); !errors.Is(err, errFull) {
			return fmt.Errorf("on a stale cache: %w", err)
		}
		return nil
	})
	// Expected versions: the latest, which the cache does not have, and an old one, which it has.
	if err := other.raise(t, es.Command{}, -1); err != nil { // version 5
		t.Fatal(err)
	}
	four, five := int64(4), int64(5)
	if err := stale.raise(t, es.Command{ExpectedVersion: &four}, 1); !errors.As(err, new(*es.VersionMismatchError)) {
		t.Errorf("an outdated version: %v", err)
	}
	other.raiseOrFail(t, -1) // version 6
	other.raiseOrFail(t, 1)  // version 7
	if err := stale.raise(t, es.Command{ExpectedVersion: &five}, 1); !errors.As(err, new(*es.VersionMismatchError)) {
		t.Errorf("the version that the cache has: %v", err)
	}
	seven := int64(7)
	other.raiseOrFail(t, 0) // version 8
	if err := stale.raise(t, es.Command{ExpectedVersion: &seven}, 1); !errors.As(err, new(*es.VersionMismatchError)) {
		t.Errorf("an outdated version: %v", err)
	}
	// A command that the other process has stored.
	if err := other.raise(t, command("c"), 1); err != nil {
		t.Fatal(err)
	}
	again, err := stale.repo.Execute(t.Context(), "a", command("c"), raise(1))
	if err != nil || !again.Replayed || again.Version != 9 {
		t.Errorf("command of the other process: %+v, %v", again, err)
	}
}

func (p process) raiseOrFail(t *testing.T, by int) {
	t.Helper()
	if err := p.raise(t, es.Command{}, by); err != nil {
		t.Fatal(err)
	}
}

// TestCachedStateIsNotShared: a caller that changes a state does not change the cached one.
func TestCachedStateIsNotShared(t *testing.T) {
	t.Parallel()
	type bag struct{ Items map[string]int }
	bags := es.Aggregate[bag, counterEvent]{
		StreamType: "Bag",
		Events:     counters.Events,
		Evolve: func(b *bag, e counterEvent) {
			if b.Items == nil {
				b.Items = map[string]int{}
			}
			b.Items["x"] += e.(raised).By
		},
	}
	x := es.NewExecutor(memstore.New())
	repo := es.NewRepository(x, bags, es.RepositoryConfig{StateCache: &cache{}})
	created, err := repo.Create(t.Context(), "a", es.Command{}, func() ([]counterEvent, error) {
		return []counterEvent{raised{1}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	created.State.Items["x"] = 99
	for range 2 {
		got, err := repo.Execute(t.Context(), "a", es.Command{}, func(b bag) ([]counterEvent, error) {
			b.Items["x"] += 50 // a decision that modifies its state directly
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got.State.Items["x"] = 99
	}
	if got, err := repo.Load(t.Context(), "a"); err != nil || got.State.Items["x"] != 1 {
		t.Errorf("load a: %+v, %v, want 1 of x", got, err)
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	store, snapshots := memstore.New(), &memstore.Snapshots{}
	cfg := es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: 5, Schema: 1}}
	writer := newProcess(store, cfg)
	stream := counters.Stream("a")
	var due []int64
	for version := int64(0); version < 23; {
		events := make([]counterEvent, 1+version%3)
		for i := range events {
			events[i] = raised{0}
		}
		_, err := writer.repo.Execute(t.Context(), "a", command(fmt.Sprint("c", version)),
			func(counter) ([]counterEvent, error) { return events, nil })
		if version == 0 {
			_, err = writer.repo.Create(t.Context(), "a", command("c0"), func() ([]counterEvent, error) { return events, nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		for c, err := range store.Read(t.Context(), stream, es.Range{From: version + 1, To: version + 1}) {
			if err != nil {
				t.Fatal(err)
			}
			if writer.repo.SnapshotDue(&c) {
				due = append(due, c.LastVersion())
				if err := newProcess(store, cfg).repo.Snapshot(t.Context(), stream); err != nil {
					t.Fatal(err)
				}
			}
			version = c.LastVersion()
		}
	}
	if want := []int64{6, 10, 15, 21}; !cmp.Equal(due, want) {
		t.Errorf("snapshots were due at %v, want %v", due, want)
	}
	cold := newProcess(store, cfg)
	cold.cost(t, 1, 1, func() error { return cold.raise(t, es.Command{}, 1) })
	// A repeat whose commit is covered by the snapshot.
	repeat, err := newProcess(store, cfg).repo.Execute(t.Context(), "a", command("c3"), raise(1))
	if err != nil || !repeat.Replayed || repeat.Version != 4 {
		t.Errorf("repeat the command c3 in a new process: %+v, %v, want version 4, replayed", repeat, err)
	}
	other := command("c3")
	other.Ref.Fingerprint = "another"
	if _, err := newProcess(store, cfg).repo.Execute(t.Context(), "a", other, raise(1)); !errors.As(err,
		new(*es.CommandReusedError)) {
		t.Errorf("execute the same id with another body: %v, want CommandReusedError", err)
	}
}

// TestSnapshotNotUsed: a snapshot that does not fit the stream or the code only costs time.
func TestSnapshotNotUsed(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*es.Snapshot){
		"another hash":       func(s *es.Snapshot) { s.Hash = []byte("x") },
		"another schema":     func(s *es.Snapshot) { s.Schema = 2 },
		"unreadable":         func(s *es.Snapshot) { s.State = []byte("{") },
		"beyond the stream":  func(s *es.Snapshot) { s.At.Version += 50 },
		"of another history": func(s *es.Snapshot) { s.At.Version-- },
	} {
		store, snapshots := memstore.New(), &memstore.Snapshots{}
		cfg := es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: 1}}
		p := newProcess(store, cfg)
		if _, err := p.repo.Create(t.Context(), "a", es.Command{}, start(1)); err != nil {
			t.Fatal(err)
		}
		p.raiseOrFail(t, 1)
		if err := newProcess(store, cfg).repo.Snapshot(t.Context(), counters.Stream("a")); err != nil {
			t.Fatal(err)
		}
		spoilt, err := snapshots.LoadSnapshot(t.Context(), counters.Stream("a"))
		if err != nil || spoilt == nil {
			t.Fatalf("load the snapshot: %v, %v, want one", spoilt, err)
		}
		spoil(spoilt)
		spoilt.State = []byte(strings.ReplaceAll(string(spoilt.State), "2", "7")) // using it would give a wrong state
		spoilt.Version += 100                                                     // so that it replaces the stored one
		if err := snapshots.SaveSnapshot(t.Context(), *spoilt); err != nil {
			t.Fatal(err)
		}
		got, err := newProcess(store, cfg).repo.Load(t.Context(), "a")
		if err != nil || got.State.Total != 2 || got.Version != 2 {
			t.Errorf("load a with a snapshot spoilt by %s: %+v, %v, want version 2 with the total 2", name, got, err)
		}
	}
}

func TestLoadAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	store := memstore.New(memstore.Config{Now: func() time.Time { return now }})
	b := bench{store: store}
	b.exec = es.NewExecutor(store)
	b.repo = es.NewRepository(b.exec, counters)
	begin := now
	for range 3 { // versions 1-2, 3-4, 5-6, an hour apart
		two := func() ([]counterEvent, error) { return []counterEvent{raised{1}, raised{1}}, nil }
		if _, err := b.repo.Create(t.Context(), "a", es.Command{}, two); err != nil {
			if _, err = b.repo.Execute(t.Context(), "a", es.Command{}, func(counter) ([]counterEvent, error) {
				return two()
			}); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Hour)
	}
	for _, test := range []struct {
		point       es.Point
		version     int64
		at          time.Duration
		provisional bool
	}{
		{es.Point{Version: 1}, 1, 0, false},
		{es.Point{Version: 3}, 3, time.Hour, false},
		{es.Point{Version: 6}, 6, 2 * time.Hour, false},
		{es.Point{AsOf: begin}, 2, 0, false},
		{es.Point{AsOf: begin.Add(119 * time.Minute)}, 4, time.Hour, false},
		{es.Point{AsOf: now.Add(-time.Second)}, 6, 2 * time.Hour, true},
		{es.Point{AsOf: now.Add(time.Hour)}, 6, 2 * time.Hour, true},
	} {
		got, err := b.repo.LoadAt(t.Context(), "a", test.point, now)
		want := es.Past[counter]{
			Loaded: es.Loaded[counter]{ID: "a", Version: test.version, State: counter{int(test.version)}},
			At:     begin.Add(test.at), Provisional: test.provisional,
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("load at %+v: %v (-want +got):\n%s", test.point, err, diff)
		}
	}
	if _, err := b.repo.LoadAt(t.Context(), "a", es.Point{AsOf: begin.Add(-1)}, now); !errors.As(err,
		new(*es.NotFoundError)) {
		t.Errorf("load at a time before the first event: %v, want NotFoundError", err)
	}
	var missing *es.VersionNotFoundError
	if _, err := b.repo.LoadAt(t.Context(), "a", es.Point{Version: 7}, now); !errors.As(err, &missing) ||
		missing.Actual != 6 {
		t.Errorf("a version that does not exist: %v", err)
	}
}

// TestHorizon: a snapshot carries exactly the commands within the horizon, even if that is none.
func TestHorizon(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	store, snapshots := memstore.New(memstore.Config{Now: func() time.Time { return now }}), &memstore.Snapshots{}
	cfg := es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: 1}, Horizon: time.Hour}
	p := newProcess(store, cfg)
	if _, err := p.repo.Create(t.Context(), "a", command("c1"), start(1)); err != nil {
		t.Fatal(err)
	}
	carried := func() (ids []string) {
		t.Helper()
		if err := newProcess(store, cfg).repo.Snapshot(t.Context(), counters.Stream("a")); err != nil {
			t.Fatal(err)
		}
		s, err := snapshots.LoadSnapshot(t.Context(), counters.Stream("a"))
		if err != nil || s == nil {
			t.Fatalf("load the snapshot: %v, %v, want one", s, err)
		}
		for _, c := range s.Commands {
			for _, id := range []string{"c1", "c2", "c3", "c4"} {
				if c.Digest == storekit.CommandDigest(id) {
					ids = append(ids, id)
				}
			}
		}
		return ids
	}
	for _, step := range []struct {
		after time.Duration
		cmd   es.Command
		want  []string
	}{
		{time.Minute, command("c2"), []string{"c1", "c2"}},
		{59*time.Minute + 30*time.Second, command("c3"), []string{"c2", "c3"}},
		{2 * time.Hour, command("c4"), []string{"c4"}},
		{2 * time.Hour, es.Command{}, nil},
	} {
		now = now.Add(step.after)
		if err := p.raise(t, step.cmd, 0); err != nil {
			t.Fatal(err)
		}
		if got := carried(); !cmp.Equal(got, step.want) {
			t.Errorf("%v later: %v, want %v", step.after, got, step.want)
		}
	}
}

// TestRepeatedCreation: a repeat gets the first answer, although the decision would now refuse it, and costs one read
// of the stream. A new command is refused after one read.
func TestRepeatedCreation(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	first, p := newProcess(store, es.RepositoryConfig{}), newProcess(store, es.RepositoryConfig{})
	first.cost(t, 0, 1, func() error {
		_, err := first.repo.Create(t.Context(), "a", command("c1"), start(1))
		return err
	})
	p.cost(t, 1, 0, func() error {
		got, err := p.repo.Create(t.Context(), "a", command("c1"), start(11))
		if !got.Replayed || got.Version != 1 || got.State.Total != 1 {
			t.Errorf("create a with a command that is stored: %+v, want version 1, replayed", got)
		}
		return err
	})
	p.cost(t, 1, 0, func() error {
		if _, err := p.repo.Create(t.Context(), "b", command("c2"), start(11)); !errors.Is(err, errFull) {
			return fmt.Errorf("a refusal: %w", err)
		}
		return nil
	})
	if _, err := p.repo.Create(t.Context(), "a", command("c3"), start(11)); !errors.As(err, new(*es.AlreadyExistsError)) {
		t.Errorf("create an id that exists: %v, want AlreadyExistsError", err)
	}
}

package es_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// tally counts signals.
type tally struct {
	mu     sync.Mutex
	counts map[es.Signal]int
}

func (c *tally) count(s es.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[s]++
}

// want fails the test unless exactly these signals were counted since the last call.
func (c *tally) want(t *testing.T, what string, want map[es.Signal]int) {
	t.Helper()
	if diff := cmp.Diff(want, maps.Clone(c.counts)); diff != "" {
		t.Errorf("signals of %s (-want +counted):\n%s", what, diff)
	}
	clear(c.counts)
}

// oneSnapshot stores one snapshot.
type oneSnapshot struct{ kept *es.Snapshot }

func (o *oneSnapshot) LoadSnapshot(context.Context, es.StreamID) (*es.Snapshot, error) {
	return o.kept, nil
}

func (o *oneSnapshot) LoadCommands(context.Context, es.StreamID, ...es.CommandBlock) ([][]es.KnownCommand, error) {
	return nil, es.ErrNoBlock
}

func (o *oneSnapshot) SaveCommands(context.Context, es.StreamID, es.CommandBlock, []es.KnownCommand) error {
	return nil
}

func (o *oneSnapshot) ForgetSnapshot(context.Context, es.StreamID, int64) error {
	o.kept = nil
	return nil
}

func (o *oneSnapshot) SaveSnapshot(_ context.Context, s es.Snapshot) error {
	o.kept = &s
	return nil
}

// TestSignals: signals show where a decision's state came from and how often it ran.
func TestSignals(t *testing.T) {
	t.Parallel()
	store, c := memstore.New(), &tally{counts: map[es.Signal]int{}}
	snapshots := &oneSnapshot{}
	open := func(schema int) *es.Repository[counter, counterEvent] {
		x := es.NewExecutor(store, es.ExecutorConfig{Backoff: time.Millisecond, Count: c.count})
		return es.NewRepository(x, counters, es.RepositoryConfig{
			Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: schema}, StateCache: &cache{},
		})
	}
	do := func(r *es.Repository[counter, counterEvent], cmd es.Command, by int) error {
		_, err := r.Execute(t.Context(), "a", cmd, raise(by))
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := open(1)
	_, err := r.Create(t.Context(), "a", command("c1"), start(1))
	must(err)
	c.want(t, "created", map[es.Signal]int{})
	must(do(r, command("c2"), 1))
	c.want(t, "warm", map[es.Signal]int{es.StateCacheHit: 1})
	must(do(r, command("c2"), 1))
	c.want(t, "repeated", map[es.Signal]int{es.StateCacheHit: 1, es.Repeated: 1})
	if err := do(r, es.Command{}, 20); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	c.want(t, "refused", map[es.Signal]int{es.StateCacheHit: 1, es.DecidedAgain: 1})

	cold := open(1)
	must(do(cold, es.Command{}, 1))
	c.want(t, "cold", map[es.Signal]int{es.StateCacheMiss: 1, es.SnapshotMiss: 1})
	must(do(r, es.Command{}, 1))
	c.want(t, "stale", map[es.Signal]int{es.StateCacheHit: 1, es.Conflicted: 1, es.DecidedAgain: 1})

	must(open(1).Snapshot(t.Context(), counters.Stream("a")))
	c.want(t, "snapshot written", map[es.Signal]int{es.SnapshotMiss: 1})
	must(do(open(1), es.Command{}, 1))
	c.want(t, "from the snapshot", map[es.Signal]int{es.StateCacheMiss: 1, es.SnapshotHit: 1})
	must(do(open(2), es.Command{}, 1))
	c.want(t, "a snapshot of another schema", map[es.Signal]int{es.StateCacheMiss: 1, es.SnapshotUnused: 1})

	lost := es.NewExecutor(busy{memstore.New()}, es.ExecutorConfig{Attempts: 3, Backoff: time.Millisecond, Count: c.count})
	_, err = es.NewRepository(lost, counters).Create(t.Context(), "a", es.Command{}, start(1))
	if !errors.As(err, new(*es.ConflictError)) {
		t.Fatal(err)
	}
	c.want(t, "always lost", map[es.Signal]int{es.Conflicted: 3, es.DecidedAgain: 2})
}

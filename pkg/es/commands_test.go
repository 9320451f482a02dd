package es_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// shelf stores snapshots, and counts the blocks that are saved and loaded.
type shelf struct {
	memstore.Snapshots
	saved, loaded int
	lost          bool
}

func (s *shelf) SaveCommands(
	ctx context.Context, stream es.StreamID, b es.CommandBlock, commands []es.KnownCommand,
) error {
	s.saved++
	return s.Snapshots.SaveCommands(ctx, stream, b, commands)
}

func (s *shelf) LoadCommands(
	ctx context.Context, stream es.StreamID, blocks ...es.CommandBlock,
) ([][]es.KnownCommand, error) {
	if s.lost {
		return nil, es.ErrNoBlock
	}
	s.loaded += len(blocks)
	return s.Snapshots.LoadCommands(ctx, stream, blocks...)
}

// TestManyCommands: each command within the horizon is recognized, however many there are, with a warm and with a cold
// cache. A block is written once, and read once by a process that looks for a command in it.
func TestManyCommands(t *testing.T) {
	t.Parallel()
	const every, commands = 100, 5000
	store, snapshots := memstore.New(), &shelf{}
	cfg := es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: every, Schema: 1}}
	warm := newProcess(store, cfg)
	if _, err := warm.repo.Create(t.Context(), "a", command("k0"), start(0)); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= commands; i++ {
		if err := warm.raise(t, command(fmt.Sprint("k", i)), 0); err != nil {
			t.Fatal(err)
		}
		if i%every == 0 {
			if err := newProcess(store, cfg).repo.Snapshot(t.Context(), counters.Stream("a")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := (commands + 1) / storekit.CommandsPerBlock; snapshots.saved != want {
		t.Errorf("%d blocks were written, want %d", snapshots.saved, want)
	}
	warm.cost(t, 0, 1, func() error { return warm.raise(t, command("new"), 0) })
	for _, old := range []string{"k0", "k1", "k255", "k256", "k2500", "k5000", "new"} {
		warm.cost(t, 2, 0, func() error { return warm.raise(t, command(old), 0) }) // reads the tail and the commit
	}
	if snapshots.loaded != 0 {
		t.Errorf("a warm process read %d blocks", snapshots.loaded)
	}
	cold := newProcess(store, cfg)
	cold.cost(t, 1, 1, func() error { return cold.raise(t, es.Command{}, 0) })
	if snapshots.loaded != 0 {
		t.Errorf("a command without an id read %d blocks", snapshots.loaded)
	}
	cold = newProcess(store, cfg)
	// reads the tail, the commit, and the stream up to it
	cold.cost(t, 3, 0, func() error { return cold.raise(t, command("k1"), 0) })
	cold.cost(t, 0, 1, func() error { return cold.raise(t, command("newer"), 0) })
	if want := (commands + 1) / storekit.CommandsPerBlock; snapshots.loaded != want {
		t.Errorf("a cold process read %d blocks, want %d", snapshots.loaded, want)
	}
	other := command("k1")
	other.Ref.Fingerprint = "another body"
	if err := newProcess(store, cfg).raise(t, other, 0); !errors.As(err, new(*es.CommandReusedError)) {
		t.Errorf("another body under an id in a block: %v", err)
	}
	// A lost block only costs time.
	snapshots.lost = true
	lost := newProcess(store, cfg)
	lost.cost(t, 2, 0, func() error { return lost.raise(t, command("k1"), 0) })
	lost.cost(t, 1, 1, func() error { return lost.raise(t, command("newest"), 0) })
	lost.cost(t, 0, 1, func() error { return lost.raise(t, command("newest of all"), 0) })
}

// TestHorizonOfCommands: only the latest HorizonCommands commands are known, rounded to whole blocks.
func TestHorizonOfCommands(t *testing.T) {
	t.Parallel()
	store, snapshots := memstore.New(), &shelf{}
	cfg := es.RepositoryConfig{
		Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: 1}, HorizonCommands: 2 * storekit.CommandsPerBlock,
	}
	p := newProcess(store, cfg)
	if _, err := p.repo.Create(t.Context(), "a", command("k0"), start(0)); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 3*storekit.CommandsPerBlock+1; i++ {
		if err := p.raise(t, command(fmt.Sprint("k", i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := newProcess(store, cfg).repo.Snapshot(t.Context(), counters.Stream("a")); err != nil {
		t.Fatal(err)
	}
	for forgotten, name := range map[string]string{"k0": "warm", "k255": "cold"} {
		process := p
		if name == "cold" {
			process = newProcess(store, cfg)
		}
		last := fmt.Sprint("k", 3*storekit.CommandsPerBlock)
		process.cost(t, 2+boolToInt(name == "cold"), 0, func() error { return process.raise(t, command(last), 0) })
		before, err := process.repo.Load(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := process.raise(t, command(forgotten), 0); err != nil {
			t.Fatal(err)
		}
		if after, err := process.repo.Load(t.Context(), "a"); err != nil || after.Version != before.Version+1 {
			t.Errorf("%s: command %s is still known: version %d, %v", name, forgotten, after.Version, err)
		}
		if err := process.raise(t, command("k256"), 0); err != nil {
			t.Fatal(err)
		}
		if after, err := process.repo.Load(t.Context(), "a"); err != nil || after.Version != before.Version+1 {
			t.Errorf("%s: a command within the horizon is not known: version %d, %v", name, after.Version, err)
		}
	}
	refused(t, "fewer commands than a block holds", func() { newProcess(store, es.RepositoryConfig{HorizonCommands: 1}) })
}

func refused(t *testing.T, what string, do func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: want a panic", what)
		}
	}()
	do()
}

// TestClockAhead: a commit from a process whose clock is a day ahead does not make earlier commands expire.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ahead := 0 * time.Hour
	store, snapshots := memstore.New(memstore.Config{Now: func() time.Time { return now.Add(ahead) }}), &shelf{}
	cfg := es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: 1}}
	p := newProcess(store, cfg) // uses this machine's clock
	if _, err := p.repo.Create(t.Context(), "a", command("k1"), start(0)); err != nil {
		t.Fatal(err)
	}
	ahead = 25 * time.Hour
	if err := p.raise(t, command("k2"), 0); err != nil {
		t.Fatal(err)
	}
	ahead = time.Second
	for name, process := range map[string]process{"warm": p, "cold": newProcess(store, cfg)} {
		process.cost(t, 2-boolToInt(name == "cold"), 0, func() error { return process.raise(t, command("k1"), 0) })
	}
	if err := newProcess(store, cfg).repo.Snapshot(t.Context(), counters.Stream("a")); err != nil {
		t.Fatal(err)
	}
	resumed := newProcess(store, cfg)
	resumed.cost(t, 3, 0, func() error { return resumed.raise(t, command("k1"), 0) })
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestOneStreamHoldsTheCommand: of several streams, only the first one that the decision writes stores its command.
func TestOneStreamHoldsTheCommand(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	p := newProcess(store, es.RepositoryConfig{})
	for _, id := range []string{"a", "b"} {
		if _, err := p.repo.Create(t.Context(), id, es.Command{}, start(0)); err != nil {
			t.Fatal(err)
		}
	}
	both := func(first, second string, written ...string) error {
		_, err := p.exec.Execute(t.Context(), command("move "+first), func(tx *es.Tx) error {
			for _, id := range []string{first, second} {
				e, err := p.repo.Get(tx, id)
				if err != nil {
					return err
				}
				for _, w := range written {
					if w == id {
						e.Record(raised{1})
					}
				}
			}
			return nil
		})
		return err
	}
	for range 2 {
		if err := both("a", "b", "a", "b"); err != nil {
			t.Fatal(err)
		}
		if err := both("b", "a", "a"); err != nil { // the addressed stream is only read
			t.Fatal(err)
		}
	}
	held := map[string]string{}
	for _, id := range []string{"a", "b"} {
		for c, err := range store.Read(t.Context(), counters.Stream(id), es.Range{From: 2}) {
			if err != nil {
				t.Fatal(err)
			}
			held[id] += "[" + c.Command.ID + "]"
		}
	}
	if held["a"] != "[move a][move b]" || held["b"] != "[]" {
		t.Errorf("the streams hold %v", held)
	}
}

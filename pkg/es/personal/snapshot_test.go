package personal_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// saved counts the snapshots that are stored.
type saved struct {
	es.SnapshotStore
	snapshots []es.Snapshot
}

func (s *saved) LoadSnapshot(context.Context, es.StreamID) (*es.Snapshot, error) { return nil, nil }

func (s *saved) SaveSnapshot(_ context.Context, snapshot es.Snapshot) error {
	s.snapshots = append(s.snapshots, snapshot)
	return nil
}

// TestNoLateSnapshot: a process that was halted after it decrypted events stores no snapshot of them.
func TestNoLateSnapshot(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cacheFor time.Duration
		want     int
	}{"in time": {time.Minute, 1}, "late": {time.Nanosecond, 0}} {
		store, err := personal.NewStore(memstore.New(), memkeys.New(), personal.Config{CacheFor: test.cacheFor})
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		snapshots := &saved{}
		x := es.NewExecutor(store, es.ExecutorConfig{Log: slog.New(slog.NewTextHandler(&log, nil))})
		r := es.NewRepository(x, boxes, es.RepositoryConfig{Snapshots: es.Snapshots{Store: snapshots, Every: 1, Schema: 1}})
		p := &post{boxes: r}
		p.must(t, "1", "ada", opened{"Ada"})
		if err := r.Snapshot(t.Context(), boxes.Stream("1")); err != nil || len(snapshots.snapshots) != test.want {
			t.Errorf("%s: %d snapshots, %v, want %d", name, len(snapshots.snapshots), err, test.want)
		}
		if said := strings.Contains(log.String(), "snapshot not written"); said == (test.want == 1) {
			t.Errorf("%s: the log is %q", name, log.String())
		}
	}
}

// TestNoSnapshotOfAForgottenOne: a snapshot that was folded from one that was forgotten since is not stored, and a state
// that was folded from a snapshot leaves memory like any other.
func TestNoSnapshotOfAForgottenOne(t *testing.T) {
	t.Parallel()
	keys, snapshots := memkeys.New(), &memstore.Snapshots{}
	const keep = 2 * time.Second // longer than a busy machine halts a process
	store, err := personal.NewStore(memstore.New(), keys, personal.Config{CacheFor: keep})
	if err != nil {
		t.Fatal(err)
	}
	stream := boxes.Stream("1")
	open := func(halted func()) *es.Repository[box, event] {
		cache, err := lru.New[es.StreamID, any](10)
		if err != nil {
			t.Fatal(err)
		}
		return es.Open(store, boxes, es.RepositoryConfig{
			StateCache: cache, Snapshots: es.Snapshots{Store: halting{snapshots, halted}, Every: 1, Schema: 1},
		})
	}
	p := &post{boxes: open(nil)}
	p.must(t, "1", "ada", opened{"Ada"})
	if err := open(nil).Snapshot(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	if kept, err := snapshots.LoadSnapshot(t.Context(), stream); err != nil || kept == nil || kept.Version != 1 {
		t.Fatalf("the first snapshot: %+v, %v", kept, err)
	}
	p.must(t, "1", "ada", received{Sender: "eve", Stamp: 1})
	warm := open(nil)
	if loaded, err := warm.Load(t.Context(), "1"); err != nil || loaded.State.Name != "Ada" {
		t.Fatalf("load from the snapshot: %+v, %v", loaded, err)
	}
	late := open(func() { // the person is forgotten after the snapshotter has read the old snapshot
		if _, err := keys.Forget(t.Context(), "ada", time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := snapshots.ForgetSnapshot(t.Context(), stream, 2); err != nil {
			t.Fatal(err)
		}
		p.must(t, "1", "ada", received{Sender: "eve", Stamp: 2})
	})
	if err := late.Snapshot(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	if kept, err := snapshots.LoadSnapshot(t.Context(), stream); kept != nil || err != nil {
		t.Errorf("the late snapshot was stored: %+v, %v", kept, err)
	}
	time.Sleep(keep)
	for name, r := range map[string]*es.Repository[box, event]{"warm": warm, "cold": open(nil)} {
		if loaded, err := r.LoadAtLeast(t.Context(), "1", 1); err != nil || loaded.State.Name != "(erased)" {
			t.Errorf("%s: loaded %+v, %v after the person was forgotten", name, loaded, err)
		}
	}
}

// halting calls a function, if there is one, after a snapshot was read.
type halting struct {
	*memstore.Snapshots
	halted func()
}

func (h halting) LoadSnapshot(ctx context.Context, stream es.StreamID) (*es.Snapshot, error) {
	s, err := h.Snapshots.LoadSnapshot(ctx, stream)
	if h.halted != nil {
		h.halted()
	}
	return s, err
}

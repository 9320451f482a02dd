package personal_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

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

package projection_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

func TestRaised(t *testing.T) {
	t.Parallel()
	var cp projection.Checkpoint
	for _, step := range []struct {
		from int64
		want []projection.Rise
	}{
		{4, []projection.Rise{{From: 4, Epoch: 1}}},
		{4, []projection.Rise{{From: 4, Epoch: 2}}}, // again from the same version
		{9, []projection.Rise{{From: 4, Epoch: 2}, {From: 9, Epoch: 3}}},
		{12, []projection.Rise{{From: 4, Epoch: 2}, {From: 9, Epoch: 3}, {From: 12, Epoch: 4}}},
		{7, []projection.Rise{{From: 4, Epoch: 2}, {From: 7, Epoch: 5}}}, // what comes after it is folded again, too
		{1, []projection.Rise{{From: 1, Epoch: 6}}},
	} {
		before := cmp.Diff(nil, cp.Rises)
		next := cp.Raised(step.from)
		if diff := cmp.Diff(step.want, next.Rises); diff != "" {
			t.Errorf("raised from %d (-want +got):\n%s", step.from, diff)
		}
		if next.Epoch() != cp.Epoch()+1 {
			t.Errorf("raised from %d: epoch %d after %d", step.from, next.Epoch(), cp.Epoch())
		}
		_ = cp.Raised(100)
		if after := cmp.Diff(nil, cp.Rises); after != before {
			t.Errorf("raised from %d: the checkpoint itself changed: %s", step.from, after)
		}
		cp = next
	}
}

func TestEpochAt(t *testing.T) {
	t.Parallel()
	cp := projection.Checkpoint{Rises: []projection.Rise{{From: 4, Epoch: 2}, {From: 9, Epoch: 3}}}
	for version, want := range map[int64]int{0: 0, 1: 0, 3: 0, 4: 2, 8: 2, 9: 3, 1000: 3} {
		if got := cp.EpochAt(version); got != want {
			t.Errorf("version %d was folded in epoch %d, want %d", version, got, want)
		}
	}
	if none := (projection.Checkpoint{Version: 9}); none.Epoch() != 0 || none.EpochAt(9) != 0 {
		t.Errorf("checkpoint without rises: epoch %d, %d at version 9", none.Epoch(), none.EpochAt(9))
	}
}

func TestShows(t *testing.T) {
	t.Parallel()
	cp := projection.Checkpoint{Version: 10, Rises: []projection.Rise{{From: 4, Epoch: 2}, {From: 9, Epoch: 3}}}
	for _, test := range []struct {
		version int64
		epoch   int
		want    bool
	}{
		{1, 0, true}, {3, 0, true}, // no later epoch replaced it
		{4, 0, false}, {4, 1, false}, {4, 2, true}, {8, 2, true},
		{9, 2, false}, {10, 3, true},
		{4, 3, true},                   // of a fold that started earlier: it is the latest there is
		{11, 3, false}, {11, 4, false}, // not applied yet
	} {
		row := projection.AppendRow{
			Key: projection.AppendKey("p", note("a"), test.version, 0), Epoch: test.epoch, Row: []byte(`1`),
		}
		if got := cp.Shows(row); got != test.want {
			t.Errorf("version %d of epoch %d: shown %v", test.version, test.epoch, got)
		}
		if row.Row = nil; cp.Shows(row) {
			t.Errorf("version %d of epoch %d: an empty row is shown", test.version, test.epoch)
		}
	}
	for _, sort := range []string{"", "x", "-1~00000|Note#a", "~00000|Note#a"} {
		if cp.Shows(projection.AppendRow{Key: projection.Key{Partition: "p", Sort: sort}, Epoch: 9, Row: []byte(`1`)}) {
			t.Errorf("a row under %q, which has no version, is shown", sort)
		}
	}
}

// TestAppendKey: keys are in the order of versions, then of places, and tell the version.
func TestAppendKey(t *testing.T) {
	t.Parallel()
	last := ""
	for _, version := range []int64{1, 2, 9, 10, 99, 1 << 40, 1<<63 - 1} {
		for _, place := range []int{0, 1, 9, 10, 99, 65535} {
			row := projection.AppendRow{Key: projection.AppendKey("p", note("a~7|b"), version, place)}
			if row.Key.Partition != "p" || row.Key.Sort <= last {
				t.Errorf("%v is not after %q", row.Key, last)
			}
			if got := row.Version(); got != version {
				t.Errorf("%v: version %d, want %d", row.Key, got, version)
			}
			last = row.Key.Sort
		}
	}
}

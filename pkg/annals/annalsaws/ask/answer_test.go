package ask_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestCheckpointsLeaveOutContent: a checkpoint is the same one after it went through JSON, without what may be personal
// data.
func TestCheckpointsLeaveOutContent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	stored := projection.Checkpoint{
		Version: 7, Hash: []byte{1, 2}, RowsWritten: 3, At: at, Behind: true, Appended: 4,
		Parked: &projection.Parked{
			Reason: projection.Failed, Error: "why", Version: 8, At: at, Code: "build", Attempts: 2,
		},
		Rises: []projection.Rise{{From: 2, Epoch: 1}},
		State: json.RawMessage(`{"name":"Ada"}`), Owner: "ada",
		Slots: []projection.Slot{{Key: projection.Key{Partition: "p", Sort: "s"}, Row: json.RawMessage(`"Ada"`)}},
	}
	text, err := json.Marshal(ask.CheckpointOf(stored))
	var read ask.Checkpoint
	if err != nil || json.Unmarshal(text, &read) != nil {
		t.Fatal(string(text), err)
	}
	want := stored
	want.State, want.Owner, want.Slots = nil, "", nil
	if diff := cmp.Diff(want, read.Checkpoint()); diff != "" {
		t.Errorf("checkpoint %s was read with differences (-want +got):\n%s", text, diff)
	}
}

package main

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// TestRemovedTail: the chain of hashes can't show that the last commit of a stream was removed. Checkpoints and the
// snapshot show it.
func TestRemovedTail(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	stored(t, "Order#good", es.Meta{}, added("tea"), added("mug"))
	step{"heal Order#good", "is up to date", "", 0}.run(t, port)
	stores := annals.Stores{
		Events: storeOf(t), Snapshots: dynamostore.NewSnapshots(f.client, f.located.Resources.Tables["snapshots"]),
	}
	keeper := service.Snapshotters(stores, es.ExecutorConfig{})["Order"]
	if err := keeper.Snapshot(t.Context(), es.StreamID{Type: "Order", ID: "good"}); err != nil {
		t.Fatal(err)
	}
	step{"verify", "0 findings", "", 0}.run(t, port)
	remove(t, "Order#good", "2")
	out, err := line(t, port, "verify")
	for _, source := range []string{"snapshot", "checkpoint of orders"} {
		if exitCode(err) != exitFindings || !strings.Contains(out, source) {
			t.Errorf("%s did not report its findings: %s, %v", source, out, err)
		}
	}
}

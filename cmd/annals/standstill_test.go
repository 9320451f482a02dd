package main

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestDoctorOfLanes: doctor reports a projection that has not applied a commit of some minutes ago. Reactions skip
// commits from before their start.
func TestDoctorOfLanes(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	step{"heal Order#good", "is up to date", "", 0}.run(t, port) // registers all projections
	begin := time.Now().Add(-10 * time.Minute)
	past := dynamostore.Config{Now: func() time.Time { return begin }}
	store, err := dynamostore.New(dynamotest.Client(t), os.Getenv(annalsaws.Events.Env()), past)
	if err != nil {
		t.Fatal(err)
	}
	event := es.RawEvent{Type: "OrderCreated", Schema: 1, Data: json.RawMessage(`{"orderId":"old","customerId":"ada"}`)}
	write := es.Write{Head: store.Empty(es.StreamID{Type: "Order", ID: "old"}), Events: []es.RawEvent{event}}
	if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{write}}); err != nil {
		t.Fatal(err)
	}
	says := "settings … service shop, region us-east-1, DynamoDB at http … account … none: the service runs locally … " +
		"wrong … lane of orders … 1 streams of the newest commits are behind, such as Order#old since " + stamp(begin)
	step{"doctor", says, "checks found something wrong", 3}.run(t, port)
	step{"heal Order#old", "is up to date", "", 0}.run(t, port)
	step{
		"doctor", "ok … lanes … 1 streams of the newest commits are up to date in all projections",
		"1 checks found something wrong", 3,
	}.run(t, port)
}

// TestDoctorOfRows: doctor reports a row that the code can't decode, with its stream and the reason.
func TestDoctorOfRows(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	step{"heal Order#good", "is up to date", "", 0}.run(t, port)
	step{
		"doctor", "ok … rows of orders … a sample of 1 streams can be decoded", "1 checks found something wrong", 3,
	}.run(t, port)
	view := dynamoview.New(dynamotest.Client(t), f.located.Resources.Tables["orders"])
	good := es.StreamID{Type: "Order", ID: "good"}
	read, err := view.Checkpoints(t.Context(), 1, good)
	if err != nil {
		t.Fatal(err)
	}
	next := read[good]
	next.Version, next.State = next.Version+1, json.RawMessage(`["no order"]`)
	if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: good, Prev: read[good], Next: next}},
		nil); err != nil {
		t.Fatal(err)
	}
	says := "wrong … rows of orders … 1 of 1 streams can't be decoded, such as Order#good: stored state: "
	step{"doctor", says, "2 checks found something wrong", 3}.run(t, port)
}

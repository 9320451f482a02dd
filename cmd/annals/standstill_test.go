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

// TestDoctorOfLanes: a projection that lacks a commit of some minutes ago stands still, and is said to; reactions have nothing
// to do about what was stored before they were there.
func TestDoctorOfLanes(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	step{"heal Order#good", "is level", "", 0}.run(t, port) // registers all projections
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
	says := "settings … service shop, region us-east-1, DynamoDB at http … account … local: nothing of it is on AWS … " +
		"wrong … lane of orders … 1 of the newest streams are not applied, Order#old since " + stamp(begin)
	step{"doctor", says, "checks found something wrong", 3}.run(t, port)
	step{"heal Order#old", "is level", "", 0}.run(t, port)
	step{"doctor", "ok … lanes … 1 streams of the newest commits are level everywhere", "1 checks found something wrong", 3}.run(t, port)
}

// TestDoctorOfRows: a row that the code can't decode is found, with its stream and why.
func TestDoctorOfRows(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	step{"heal Order#good", "is level", "", 0}.run(t, port)
	step{"doctor", "ok … rows of orders … 1 of them can be read", "1 checks found something wrong", 3}.run(t, port)
	view := dynamoview.New(dynamotest.Client(t), f.located.Resources.Tables["orders"])
	good := es.StreamID{Type: "Order", ID: "good"}
	read, err := view.Checkpoints(t.Context(), 1, good)
	if err != nil {
		t.Fatal(err)
	}
	next := read[good]
	next.Version, next.State = next.Version+1, json.RawMessage(`["no order"]`)
	if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: good, Prev: read[good], Next: next}}, nil); err != nil {
		t.Fatal(err)
	}
	says := "wrong … rows of orders … 1 of 1 can't be read, Order#good: stored state: "
	step{"doctor", says, "2 checks found something wrong", 3}.run(t, port)
}

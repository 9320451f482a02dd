package estest_test

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// lampRow is a row in the list of all lamps.
type lampRow struct {
	By string `json:"by"`
}

var lampEvents = es.NewRegistry(es.Type[lampEvent]("LampSwitchedOn", 1, switchedOn{}))

// litLamps lists the lamps that are on, and counts who switches lamps on.
var litLamps = projection.New("lit-lamps", 1, projection.From(
	es.Aggregate[struct{}, lampEvent]{StreamType: "Lamp", Events: lampEvents},
	projection.On(func(row *lampRow, e projection.Event[switchedOn], w *projection.Writes) error {
		row.By = e.Data.By
		w.Add(projection.Key{Partition: "people", Sort: row.By}, "lamps", projection.Int(1))
		lit.Put(w, projection.Key{Partition: "lit", Sort: e.Stream.ID}, *row)
		return nil
	}),
), lit)

var lit = projection.OwnRows[lampRow]("lit")

func ExampleProject() {
	hall, attic := es.StreamID{Type: "Lamp", ID: "hall"}, es.StreamID{Type: "Lamp", ID: "attic"}
	estest.Project(t, litLamps, lampEvents).
		Given(hall, switchedOn{By: "Ada"}).
		Given(attic, switchedOn{By: "Ada"}).
		// these expectations hold
		State(hall, lampRow{By: "Ada"}).
		Row(attic, projection.Key{Partition: "lit", Sort: "attic"}, lampRow{By: "Ada"}).
		Counters(projection.Key{Partition: "people", Sort: "Ada"}, map[string]string{"lamps": "2"}).
		// this one does not
		NoRow(hall, projection.Key{Partition: "lit", Sort: "hall"})
	// Output: row hall of lit: want none, got {"by":"Ada"}
}

func ExampleChaos() {
	hall, attic := es.StreamID{Type: "Lamp", ID: "hall"}, es.StreamID{Type: "Lamp", ID: "attic"}
	estest.Project(t, litLamps, lampEvents).
		Given(hall, switchedOn{By: "Ada"}).
		Given(attic, switchedOn{By: "Bob"}).
		Chaos() // passes: the rows do not depend on how the events are delivered
	// Output:
}

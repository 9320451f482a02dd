package cacheview_test

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The domain of these tests: visits of rooms.
type visitEvent interface{ isVisit() }

type (
	entered struct {
		Room  string    `json:"room"`
		Guest string    `json:"guest"`
		At    time.Time `json:"at"`
	}
	left struct{}
)

func (entered) isVisit() {}
func (left) isVisit()    {}

var visitEvents = es.NewRegistry(es.Type[visitEvent]("Entered", 1, entered{}), es.Type[visitEvent]("Left", 1, left{}))

// visit is the document of a visit.
type visit struct {
	Room    string    `json:"room"`
	Guest   string    `json:"guest"`
	At      time.Time `json:"at"`
	Entered int       `json:"entered"`
}

// all is the list of all visits.
var all = projection.IndexRows("all", func(v *visit) (projection.Key, string, bool) {
	return projection.Key{Partition: "all", Sort: v.Guest}, v.Room, true
})

var visits = projection.New("visits", 1,
	projection.From(es.Aggregate[struct{}, visitEvent]{StreamType: "Visit", Events: visitEvents},
		projection.On(func(v *visit, e projection.Event[entered], _ *projection.Writes) error {
			*v = visit{Room: e.Data.Room, Guest: e.Data.Guest, At: e.Data.At, Entered: v.Entered + 1}
			return nil
		})), all)

func visitID(id string) es.StreamID { return es.StreamID{Type: "Visit", ID: id} }

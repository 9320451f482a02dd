package invoices

import (
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// DayEvent is an event of a working day.
type DayEvent interface{ isDayEvent() }

// DayClosed is a day's only event.
type DayClosed struct{}

func (DayClosed) isDayEvent() {}

// DayState is a day as decisions see it.
type DayState struct {
	Closed bool `json:"closed"`
}

// Day is the aggregate of a working day. Its id is the date.
var Day = es.Aggregate[DayState, DayEvent]{
	StreamType: "Day",
	Events:     es.NewRegistry(es.Type[DayEvent]("DayClosed", 1, DayClosed{})),
	Evolve:     func(s *DayState, _ DayEvent) { s.Closed = true },
}

// closeDay closes the day on which the work was scheduled, unless it is closed.
func closeDay(tx *annals.Tx, scheduled time.Time) error {
	day, err := annals.LoadOrNew(tx, Day, scheduled.Format(time.DateOnly))
	if err != nil || day.State.Closed {
		return err
	}
	day.Record(DayClosed{})
	return nil
}

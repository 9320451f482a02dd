// Package permits is a small service for parking permits: people apply for them, the town grants and withdraws them. It
// shows a whole service with one aggregate, from the events to the HTTP API. Start with [New].
package permits

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
)

// Event is an event of a permit.
type Event interface{ isPermitEvent() }

// The events of a permit.
type (
	// Applied is a permit's first event.
	Applied struct{ Holder, Plate, Zone string }
	// Granted makes the permit valid until a day.
	Granted struct{ Until string }
	// Withdrawn is its last event.
	Withdrawn struct{ Reason string }
)

func (Applied) isPermitEvent()   {}
func (Granted) isPermitEvent()   {}
func (Withdrawn) isPermitEvent() {}

// State is a permit as decisions see it.
type State struct {
	Holder string `json:"holder"`
	Plate  string `json:"plate"`
	Zone   string `json:"zone"`
	Until  string `json:"until,omitempty"`
	Status string `json:"status"`
}

// Permit is the aggregate.
var Permit = es.Aggregate[State, Event]{
	StreamType: "Permit",
	Events: es.NewRegistry(
		es.Type[Event]("PermitAppliedFor", 1, Applied{}),
		es.Type[Event]("PermitGranted", 1, Granted{}),
		es.Type[Event]("PermitWithdrawn", 1, Withdrawn{}),
	),
	Evolve: func(s *State, event Event) {
		switch e := event.(type) {
		case Applied:
			*s = State{Holder: e.Holder, Plate: e.Plate, Zone: e.Zone, Status: "applied"}
		case Granted:
			s.Until, s.Status = e.Until, "granted"
		case Withdrawn:
			s.Status = "withdrawn"
		}
	},
}

// The rules of a permit.
const (
	NotApplied refusal.Code = "not-applied"
	NotGranted refusal.Code = "not-granted"
)

// The bodies of the commands.
type (
	// Apply is the body of POST /permits.
	Apply struct {
		ID     annals.ID `json:"permitId,omitempty" annals:"id" doc:"The service makes an id if it is absent"`
		Holder annals.ID `json:"holder"`
		Plate  string    `json:"plate" minLength:"1" maxLength:"12"`
		Zone   annals.ID `json:"zone"`
	}
	// Grant is the body of POST /permits/{id}/grant.
	Grant struct {
		Until string `json:"until" format:"date" example:"2027-12-31"`
	}
	// Withdraw is the body of POST /permits/{id}/withdrawal.
	Withdraw struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200"`
	}
)

// apply creates a permit. People apply for themselves; the town's operators apply for anyone.
func apply(tx *annals.Tx, _ State, b Apply) ([]Event, error) {
	if c := tx.Caller(); !c.Is(string(b.Holder)) && !c.Operates() {
		return nil, annals.Forbid("another-holder", "the holder must be the caller")
	}
	return []Event{Applied{Holder: string(b.Holder), Plate: b.Plate, Zone: string(b.Zone)}}, nil
}

// Grant grants a permit that was applied for.
func (s State) Grant(b Grant) ([]Event, error) {
	if s.Status != "applied" {
		return nil, NotApplied.Because("the permit is %s", s.Status)
	}
	return []Event{Granted(b)}, nil
}

// Withdraw ends a permit that was granted.
func (s State) Withdraw(b Withdraw) ([]Event, error) {
	if s.Status != "granted" {
		return nil, NotGranted.Because("the permit is %s", s.Status)
	}
	return []Event{Withdrawn(b)}, nil
}

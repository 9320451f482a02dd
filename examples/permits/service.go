package permits

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
)

// New returns the declaration of the service.
func New() *annals.Service {
	return annals.New("permits",
		annals.Aggregate(Permit, annals.OwnedBy(func(e Applied) string { return e.Holder })),
		annals.CreateTx("POST /permits", Permit, apply, annals.Named("apply", "Apply for a permit")),
		annals.Command("POST /permits/{id}/grant", Permit, State.Grant, annals.Operators,
			annals.Named("grant", "Grant a permit")),
		annals.Command("POST /permits/{id}/withdrawal", Permit, State.Withdraw, annals.Operators),
		annals.Document("GET /permits/{id}", permits),
		annals.List("GET /holders/{id}/permits", permits, byHolder, annals.OwnerOnly),
		annals.List("GET /zones/{id}/permits", zones, byZone, annals.Operators),
		annals.AuditTrail("GET /streams/{type}/{id}"),
	)
}

// permits shows the current state of each permit, and lists those of a holder.
var (
	permits = projection.New("permits", 1, projection.From(Permit, projection.On(
		func(s *State, e projection.Event[Event], _ *projection.Writes) error {
			Permit.Evolve(s, e.Data)
			return nil
		},
	)), byHolder)
	byHolder = projection.IndexRows("by-holder", func(s *State) (projection.Key, State, bool) {
		return projection.Key{Partition: s.Holder, Sort: s.Plate}, *s, true
	})
)

// inZone is a permit as the zone's list shows it.
type inZone struct {
	Plate string `json:"plate"`
	Zone  string `json:"zone"`
	Until string `json:"until"`
}

// zones lists the permits that are valid in a zone, by plate.
var (
	zones = projection.New("zones", 1, projection.From(Permit,
		projection.On(func(z *inZone, e projection.Event[Applied], _ *projection.Writes) error {
			z.Plate, z.Zone = e.Data.Plate, e.Data.Zone
			return nil
		}),
		projection.On(func(z *inZone, e projection.Event[Granted], _ *projection.Writes) error {
			z.Until = e.Data.Until
			return nil
		}),
		projection.On(func(z *inZone, _ projection.Event[Withdrawn], _ *projection.Writes) error {
			z.Until = ""
			return nil
		}),
	), byZone)
	byZone = projection.IndexRows("by-zone", func(z *inZone) (projection.Key, inZone, bool) {
		return projection.Key{Partition: z.Zone, Sort: z.Plate}, *z, z.Until != ""
	})
)

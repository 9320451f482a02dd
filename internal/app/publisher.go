package app

import (
	"context"
	"errors"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop/integration"
)

func (s Service) publisher() *reaction.Reactor {
	return publish.NewPublisher(s.Bus, s.EventSource, integration.Public...)
}

// Republish sends the integration events of a stream again, from a version on, with the ids that they have. It returns how many
// stored events it went through; the publisher's checkpoint stays.
//
// Errors: the store's; the bus's; [es.UnknownEventError].
func (o *Operator) Republish(ctx context.Context, stream es.StreamID, from int64) (int, error) {
	if o.publisher == nil {
		return 0, errors.New("there is no bus: set " + publish.BusEnv + " and " + publish.SourceEnv + " as the reactor function has them")
	}
	return o.publisher.Repeat(ctx, o.store, stream, from)
}

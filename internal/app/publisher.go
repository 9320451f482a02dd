package app

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/annals-es/annals/internal/publish"
	"github.com/annals-es/annals/internal/publish/eventbus"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop/integration"
)

// bus returns the bus with an ARN, nil if that is "". AWS_ENDPOINT_URL_EVENTBRIDGE redirects it.
func bus(cfg aws.Config, arn string) publish.Bus {
	if arn == "" {
		return nil
	}
	client := eventbridge.NewFromConfig(cfg, func(o *eventbridge.Options) { o.APIOptions = append(o.APIOptions, endInTime) })
	return eventbus.New(client, arn)
}

func (s Service) publisher() *reaction.Reactor {
	return publish.NewPublisher(s.Bus, s.EventSource, integration.Public)
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

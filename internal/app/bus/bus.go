// Package bus connects a service with the bus of its integration events. It is a package of its own so that functions that
// publish nothing do not link the client of EventBridge.
package bus

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/annals/publish/eventbus"
)

// Connect gives a service that was made from the environment the bus whose ARN is in [publish.BusEnv]; none if that is "".
// AWS_ENDPOINT_URL_EVENTBRIDGE redirects it.
func Connect(s app.Service) app.Service {
	if arn := os.Getenv(publish.BusEnv); arn != "" {
		client := eventbridge.NewFromConfig(s.AWS, func(o *eventbridge.Options) { o.APIOptions = append(o.APIOptions, app.InTime) })
		s.Bus = eventbus.New(client, arn)
	}
	return s
}

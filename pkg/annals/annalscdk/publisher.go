package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addBus declares the bus of the integration events, or uses the one in the settings. The bus has the stack's name,
// because teams that write rules need to know it.
func (s *Service) addBus() {
	if s.Settings.EventBus != "" {
		s.EventBus = awsevents.EventBus_FromEventBusArn(s.Stack, jsii.String("EventBus"), jsii.String(s.Settings.EventBus))
	} else {
		s.EventBus = named(awsevents.NewEventBus(s.Stack, jsii.String("EventBus"), &awsevents.EventBusProps{
			EventBusName: jsii.String(s.name()),
			Description:  jsii.String("Integration events: see docs/integration-events.md"),
		}))
	}
	s.output("EventBusArn", s.EventBus.EventBusArn(), "EventBridge bus of the integration events")
}

// publisherEnvironment returns the variables of the function that publishes.
func (s *Service) publisherEnvironment() map[string]*string {
	return map[string]*string{
		annalsaws.EventBusEnv: s.EventBus.EventBusArn(),
		// The source is the same after every deployment: consumers match events by it.
		annalsaws.EventSourceEnv: jsii.String("/annals/" + s.name()),
	}
}

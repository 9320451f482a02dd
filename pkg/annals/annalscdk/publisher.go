package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addBus declares the bus of the integration events, or takes the one that the settings name. It is called as the stack
// is: rules are written by others, who know it by name.
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

// publisherEnvironment is what the function that publishes is told.
func (s *Service) publisherEnvironment() map[string]*string {
	return map[string]*string{
		annalsaws.EventBusEnv: s.EventBus.EventBusArn(),
		// The same wherever the stack is deployed anew: consumers know events by it.
		annalsaws.EventSourceEnv: jsii.String("/annals/" + s.name()),
	}
}

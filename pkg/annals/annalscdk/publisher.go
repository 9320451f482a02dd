package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// newBus declares the bus of the integration events and returns its ARN, or that of the one that the settings name. It is called
// as the stack is: rules are written by others, who know it by name.
func newBus(stack awscdk.Stack, conf config) *string {
	arn := jsii.String(conf.eventBus)
	if conf.eventBus == "" {
		arn = named(awsevents.NewEventBus(stack, jsii.String("EventBus"), &awsevents.EventBusProps{
			EventBusName: jsii.String(conf.stackName()),
			Description:  jsii.String("Integration events: see docs/integration-events.md"),
		})).EventBusArn()
	}
	output(stack, "EventBusArn", arn, "EventBridge bus of the integration events")
	return arn
}

// publisherEnvironment is what the function that publishes is told.
func publisherEnvironment(conf config, made resources) map[string]*string {
	return map[string]*string{
		annalsaws.EventBusEnv: made.bus,
		// The same wherever the stack is deployed anew: consumers know events by it.
		annalsaws.EventSourceEnv: jsii.String("/annals/" + conf.stackName()),
	}
}

package main

import (
	"testing"
)

// otherBus is the bus in prod's settings.
const otherBus = "arn:aws:events:eu-west-1:123456789012:event-bus/shop"

func TestEventBus(t *testing.T) {
	bus := arm64.resource(t, "EventBus", "AWS::Events::EventBus").Properties
	same(t, "name of the bus", any("Shop"), bus["Name"])
	same(t, "output", any(getAtt("EventBus", "Arn")), arm64.template.Outputs["EventBusArn"].Value)
	same(t, "buses beside another", []string(nil), prod.ids("AWS::Events::EventBus"))
	env := prod.resource(t, "ReactorFunction",
		"AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)
	same(t, "the other bus", any(otherBus), env["EVENT_BUS_ARN"])
	same(t, "source of prod", any("/annals/Shop-prod"), env["EVENT_SOURCE"])
	same(t, "grants on the other bus", []string{"events:PutEvents"},
		grantsOf(t, prod.resource(t, "ReactorRole", "AWS::IAM::Role"))[otherBus])
}

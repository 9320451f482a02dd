package main

import (
	"fmt"
	"slices"
)

// object is JSON's.
type object = map[string]any

// A gap is something that the template needs and the emulator lacks. The template is changed for the emulator alone, and by
// nothing but these.
type gap struct {
	what string
	// close changes a template, and returns in how many places.
	close func(template object) int
	// probe is a template of nothing but the gap, and refusal what the emulator says of it. When it says that no longer, the
	// gap is closed, and its entry here has to go.
	probe   object
	refusal string
}

const metricMath = "Properties.Metrics (metric math) is not supported"

var gaps = []gap{
	{
		what:  "a WebSocket route's response can't be made: answers to messages are sent without it",
		close: func(template object) int { return drop(template, "AWS::ApiGatewayV2::RouteResponse", always) },
		probe: object{"Resources": object{
			"Api":   object{"Type": "AWS::ApiGatewayV2::Api", "Properties": object{"Name": "probe", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}},
			"Route": object{"Type": "AWS::ApiGatewayV2::Route", "Properties": object{"ApiId": object{"Ref": "Api"}, "RouteKey": "$default"}},
			"Answer": object{"Type": "AWS::ApiGatewayV2::RouteResponse", "Properties": object{
				"ApiId": object{"Ref": "Api"}, "RouteId": object{"Ref": "Route"}, "RouteResponseKey": "$default",
			}},
		}},
		refusal: "Unrecognized resource types: [AWS::ApiGatewayV2::RouteResponse]",
	},
	{
		what: "an alarm on metric math can't be made: docs/first-deployment.md has it checked on AWS",
		close: func(template object) int {
			return drop(template, "AWS::CloudWatch::Alarm", func(properties object) bool { return properties["Metrics"] != nil })
		},
		probe: object{"Resources": object{"Alarm": object{"Type": "AWS::CloudWatch::Alarm", "Properties": object{
			"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0,
			"Metrics": []any{
				object{"Id": "twice", "Expression": "m * 2", "ReturnData": true},
				object{"Id": "m", "ReturnData": false, "MetricStat": object{"Metric": object{"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}},
			},
		}}}},
		refusal: metricMath,
	},
	{
		what: "a user pool does not say its issuer's address: it is joined of the region and the pool's id, as Cognito's is",
		close: func(template object) int {
			return replace(template, func(x object) any {
				of, is := x["Fn::GetAtt"].([]any)
				if !is || len(of) != 2 || of[1] != "ProviderURL" {
					return nil
				}
				return object{"Fn::Join": []any{"", []any{"https://cognito-idp.", object{"Ref": "AWS::Region"}, ".amazonaws.com/", object{"Ref": of[0]}}}}
			})
		},
		probe: object{
			"Resources": object{"Pool": object{"Type": "AWS::Cognito::UserPool", "Properties": object{}}},
			"Outputs":   object{"Url": object{"Value": object{"Fn::GetAtt": []any{"Pool", "ProviderURL"}}}},
		},
		refusal: "Requested attribute ProviderURL does not exist",
	},
}

// closeGaps changes a template for the emulator, but for one gap if the deployment is to fail.
//
// Errors: of a gap that the template does not meet, so that it need not be listed.
func closeGaps(template object, fail bool) error {
	for _, g := range gaps {
		if fail && g.refusal == metricMath {
			failLate(template)
			continue
		}
		if g.close(template) == 0 {
			return fmt.Errorf("the template no longer needs what the emulator lacks: take it off the list of gaps: %s", g.what)
		}
	}
	return nil
}

// failLate has the alarms on metric math, which can't be made, wait for all that outlives a failed deployment.
func failLate(template object) {
	resources, _ := template["Resources"].(object)
	var kept, alarms []any
	for id, r := range resources {
		resource := r.(object)
		properties, _ := resource["Properties"].(object)
		switch {
		case resource["DeletionPolicy"] == "Retain":
			kept = append(kept, id)
		case resource["Type"] == "AWS::CloudWatch::Alarm" && properties["Metrics"] != nil:
			alarms = append(alarms, r)
		}
	}
	for _, alarm := range alarms {
		alarm.(object)["DependsOn"] = kept
	}
}

func always(object) bool { return true }

// drop removes resources of a type, and what waits for them.
func drop(template object, kind string, which func(properties object) bool) int {
	resources, _ := template["Resources"].(object)
	var gone []any
	for id, r := range resources {
		resource, _ := r.(object)
		if properties, _ := resource["Properties"].(object); resource["Type"] == kind && which(properties) {
			delete(resources, id)
			gone = append(gone, id)
		}
	}
	for _, r := range resources {
		undepend(r.(object), gone...)
	}
	return len(gone)
}

// undepend has a resource wait for some others no longer.
func undepend(resource object, gone ...any) {
	if list, is := resource["DependsOn"].([]any); is {
		resource["DependsOn"] = slices.DeleteFunc(list, func(id any) bool { return slices.Contains(gone, id) })
	}
}

// replace puts something else in the place of objects, wherever they are, and returns how many: nil leaves one as it is.
func replace(in any, other func(object) any) (count int) {
	each := func(child any, put func(any)) {
		if x, is := child.(object); is {
			if instead := other(x); instead != nil {
				put(instead)
				count++
				return
			}
		}
		count += replace(child, other)
	}
	switch x := in.(type) {
	case object:
		for key, child := range x {
			each(child, func(instead any) { x[key] = instead })
		}
	case []any:
		for i, child := range x {
			each(child, func(instead any) { x[i] = instead })
		}
	}
	return count
}
